//! Encryption, decryption and data keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::document::Members as _;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::key::{Blob, Key, context_bytes, invalid_ciphertext};
use crate::records::Records;
use crate::scope::Scope;

const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

fn blob(input: &Value, name: &str) -> Result<Vec<u8>, AwsError> {
    STANDARD.decode(input.text(name).unwrap_or_default()).map_err(|_| AwsError::validation(format!("{name} is not base64")))
}

fn random(length: usize) -> Vec<u8> {
    std::iter::repeat_with(rand::random).take(length).collect()
}

fn check_algorithm(input: &Value, member: &str) -> Result<(), AwsError> {
    match input.text(member) {
        None | Some(ALGORITHM) => Ok(()),
        Some(other) => Err(AwsError::new(
            "InvalidKeyUsageException",
            400,
            format!("Algorithm {other} and key spec SYMMETRIC_DEFAULT are incompatible."),
        )),
    }
}

fn usable<'r>(records: &'r mut Records, scope: &Scope<'_>, input: &Value, member: &str) -> Result<&'r Key, AwsError> {
    let key = records.key(scope, input.text(member).unwrap_or_default())?;
    key.usable()?;
    Ok(key)
}

fn refuse_recipient(input: &Value) -> Result<(), AwsError> {
    if input.get("Recipient").is_some() {
        return Err(AwsError::not_implemented("kms", "Recipient"));
    }
    Ok(())
}

pub(crate) fn generate_data_key(records: &mut Records, scope: &Scope<'_>, input: &Value, plain: bool) -> Result<Value, AwsError> {
    refuse_recipient(input)?;
    let length = match (input.text("KeySpec"), input.get("NumberOfBytes").and_then(Value::as_u64)) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(bytes @ 1..=1024)) => usize::try_from(bytes).unwrap_or(1024),
        _ => return Err(AwsError::validation("Please specify either number of bytes or key spec.")),
    };
    let key = usable(records, scope, input, "KeyId")?;
    let data_key = random(length);
    let wrapped = key.encrypt(&data_key, &context_bytes(input.get("EncryptionContext"))?)?;
    let mut output = json!({"CiphertextBlob": STANDARD.encode(wrapped), "KeyId": key.arn});
    if plain && let Value::Object(members) = &mut output {
        members.insert("Plaintext".to_owned(), json!(STANDARD.encode(data_key)));
    }
    Ok(output)
}

pub(crate) fn encrypt(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    check_algorithm(input, "EncryptionAlgorithm")?;
    let plain = blob(input, "Plaintext")?;
    if plain.is_empty() || plain.len() > 4096 {
        return Err(AwsError::validation(
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ));
    }
    let key = usable(records, scope, input, "KeyId")?;
    let sealed = key.encrypt(&plain, &context_bytes(input.get("EncryptionContext"))?)?;
    Ok(json!({"CiphertextBlob": STANDARD.encode(sealed), "KeyId": key.arn, "EncryptionAlgorithm": ALGORITHM}))
}

/// Opens `bytes` by the key that they name; `expected` is the key that the caller says it is.
fn open(
    records: &mut Records,
    scope: &Scope<'_>,
    bytes: &[u8],
    context: Option<&Value>,
    expected: Option<&str>,
) -> Result<(String, Vec<u8>), AwsError> {
    let blob = Blob::read(bytes).ok_or_else(invalid_ciphertext)?;
    let expected = expected.map(|name| records.resolve(scope, name)).transpose()?;
    if expected.is_some_and(|arn| arn != blob.key_arn) {
        return Err(AwsError::new(
            "IncorrectKeyException",
            400,
            "The key ID in the request does not identify a CMK that can perform this operation.",
        ));
    }
    let key = records.key(scope, blob.key_arn)?;
    key.usable()?;
    let plain = key.decrypt(blob.nonce, blob.sealed, &context_bytes(context)?)?;
    Ok((key.arn.clone(), plain))
}

pub(crate) fn decrypt(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    check_algorithm(input, "EncryptionAlgorithm")?;
    refuse_recipient(input)?;
    let bytes = blob(input, "CiphertextBlob")?;
    let (arn, plain) = open(records, scope, &bytes, input.get("EncryptionContext"), input.text("KeyId"))?;
    Ok(json!({"KeyId": arn, "Plaintext": STANDARD.encode(plain), "EncryptionAlgorithm": ALGORITHM}))
}

pub(crate) fn re_encrypt(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    check_algorithm(input, "SourceEncryptionAlgorithm")?;
    check_algorithm(input, "DestinationEncryptionAlgorithm")?;
    let bytes = blob(input, "CiphertextBlob")?;
    let (source, plain) = open(records, scope, &bytes, input.get("SourceEncryptionContext"), input.text("SourceKeyId"))?;
    let key = usable(records, scope, input, "DestinationKeyId")?;
    let sealed = key.encrypt(&plain, &context_bytes(input.get("DestinationEncryptionContext"))?)?;
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(sealed),
        "SourceKeyId": source,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": ALGORITHM,
        "DestinationEncryptionAlgorithm": ALGORITHM,
    }))
}

pub(crate) fn generate_random(input: &Value) -> Result<Value, AwsError> {
    refuse_recipient(input)?;
    match input.get("NumberOfBytes").and_then(Value::as_u64) {
        Some(bytes @ 1..=1024) => Ok(json!({"Plaintext": STANDARD.encode(random(usize::try_from(bytes).unwrap_or(1024)))})),
        _ => Err(AwsError::validation("NumberOfBytes must be between 1 and 1024")),
    }
}
