//! Encryption, decryption and data keys.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::key::{Blob, Key, context_bytes, invalid_ciphertext};
use crate::records::Records;
use crate::scope::Scope;

const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

fn blob(text: &str, name: &str) -> Result<Vec<u8>, AwsError> {
    STANDARD.decode(text).map_err(|_| AwsError::validation(format!("{name} is not base64")))
}

fn random(length: usize) -> Vec<u8> {
    std::iter::repeat_with(rand::random).take(length).collect()
}

fn check_algorithm(algorithm: Option<&str>) -> Result<(), AwsError> {
    match algorithm {
        None | Some(ALGORITHM) => Ok(()),
        Some(other) => Err(AwsError::new(
            "InvalidKeyUsageException",
            400,
            format!("Algorithm {other} and key spec SYMMETRIC_DEFAULT are incompatible."),
        )),
    }
}

fn usable<'r>(records: &'r mut Records, scope: &Scope<'_>, name: &str) -> Result<&'r Key, AwsError> {
    let key = records.key(scope, name)?;
    key.usable()?;
    Ok(key)
}

/// What calls for cryptography have in common.
pub(crate) trait Cryptographic {
    /// Whether it is only asked whether it would succeed.
    fn is_dry_run(&self) -> bool;
    /// Grants that may not be known everywhere yet.
    fn grant_tokens(&self) -> &[String];
}

macro_rules! cryptographic {
    ($($operation:ty),+) => {
        $(impl Cryptographic for $operation {
            fn is_dry_run(&self) -> bool {
                self.dry_run
            }

            fn grant_tokens(&self) -> &[String] {
                &self.grant_tokens
            }
        })+
    };
}

cryptographic!(GenerateDataKey, Encrypt, Decrypt, ReEncrypt);

/// `GenerateDataKey`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateDataKey {
    key_id: String,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
    number_of_bytes: Option<i64>,
    key_spec: Option<String>,
    #[serde(default)]
    grant_tokens: Vec<String>,
    #[serde(default)]
    dry_run: bool,
}

/// `GenerateDataKeyWithoutPlaintext`.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html>
pub(crate) type GenerateDataKeyWithoutPlaintext = GenerateDataKey;

/// A new key, as it is and encrypted by the key `key_id`.
fn data_key(
    key: &Key,
    (spec, bytes): (Option<&str>, Option<i64>),
    context: &BTreeMap<String, String>,
) -> Result<(Vec<u8>, Value), AwsError> {
    let length = match (spec, bytes) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(bytes @ 1..=1024)) => usize::try_from(bytes).unwrap_or(1024),
        _ => return Err(AwsError::validation("Please specify either number of bytes or key spec.")),
    };
    key.usable()?;
    let data_key = random(length);
    let wrapped = key.encrypt(&data_key, &context_bytes(context)?)?;
    Ok((data_key, json!({"CiphertextBlob": STANDARD.encode(wrapped), "KeyId": key.arn})))
}

pub(crate) fn generate_data_key(records: &mut Records, scope: &Scope<'_>, input: &GenerateDataKey) -> Result<Value, AwsError> {
    let size = (input.key_spec.as_deref(), input.number_of_bytes);
    let key = records.key(scope, &input.key_id)?;
    let (data_key, mut output) = data_key(key, size, &input.encryption_context)?;
    if let Value::Object(members) = &mut output {
        members.insert("Plaintext".to_owned(), json!(STANDARD.encode(data_key)));
    }
    Ok(output)
}

pub(crate) fn generate_data_key_without_plaintext(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &GenerateDataKeyWithoutPlaintext,
) -> Result<Value, AwsError> {
    let size = (input.key_spec.as_deref(), input.number_of_bytes);
    let key = records.key(scope, &input.key_id)?;
    data_key(key, size, &input.encryption_context).map(|(_, output)| output)
}

/// `Encrypt`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Encrypt {
    key_id: String,
    plaintext: String,
    encryption_algorithm: Option<String>,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
    #[serde(default)]
    grant_tokens: Vec<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn encrypt(records: &mut Records, scope: &Scope<'_>, input: &Encrypt) -> Result<Value, AwsError> {
    check_algorithm(input.encryption_algorithm.as_deref())?;
    let plain = blob(&input.plaintext, "Plaintext")?;
    if plain.is_empty() || plain.len() > 4096 {
        return Err(AwsError::validation(
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ));
    }
    let key = usable(records, scope, &input.key_id)?;
    let sealed = key.encrypt(&plain, &context_bytes(&input.encryption_context)?)?;
    Ok(json!({"CiphertextBlob": STANDARD.encode(sealed), "KeyId": key.arn, "EncryptionAlgorithm": ALGORITHM}))
}

/// Opens `bytes` by the key that they name; `expected` is the key that the caller says it is.
fn open(
    records: &mut Records,
    scope: &Scope<'_>,
    bytes: &[u8],
    context: &BTreeMap<String, String>,
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

/// `Decrypt`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Decrypt {
    #[serde(default)]
    ciphertext_blob: String,
    encryption_algorithm: Option<String>,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
    #[serde(default)]
    grant_tokens: Vec<String>,
    key_id: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn decrypt(records: &mut Records, scope: &Scope<'_>, input: &Decrypt) -> Result<Value, AwsError> {
    check_algorithm(input.encryption_algorithm.as_deref())?;
    let bytes = blob(&input.ciphertext_blob, "CiphertextBlob")?;
    let (arn, plain) = open(records, scope, &bytes, &input.encryption_context, input.key_id.as_deref())?;
    Ok(json!({"KeyId": arn, "Plaintext": STANDARD.encode(plain), "EncryptionAlgorithm": ALGORITHM}))
}

/// `ReEncrypt`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReEncrypt {
    #[serde(default)]
    ciphertext_blob: String,
    destination_key_id: String,
    source_encryption_algorithm: Option<String>,
    destination_encryption_algorithm: Option<String>,
    #[serde(default)]
    source_encryption_context: BTreeMap<String, String>,
    source_key_id: Option<String>,
    #[serde(default)]
    destination_encryption_context: BTreeMap<String, String>,
    #[serde(default)]
    grant_tokens: Vec<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn re_encrypt(records: &mut Records, scope: &Scope<'_>, input: &ReEncrypt) -> Result<Value, AwsError> {
    check_algorithm(input.source_encryption_algorithm.as_deref())?;
    check_algorithm(input.destination_encryption_algorithm.as_deref())?;
    let bytes = blob(&input.ciphertext_blob, "CiphertextBlob")?;
    let (source, plain) = open(records, scope, &bytes, &input.source_encryption_context, input.source_key_id.as_deref())?;
    let key = usable(records, scope, &input.destination_key_id)?;
    let sealed = key.encrypt(&plain, &context_bytes(&input.destination_encryption_context)?)?;
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(sealed),
        "SourceKeyId": source,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": ALGORITHM,
        "DestinationEncryptionAlgorithm": ALGORITHM,
    }))
}

/// `GenerateRandom`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateRandom {
    number_of_bytes: Option<i64>,
}

pub(crate) fn generate_random(_: &mut Records, _: &Scope<'_>, input: &GenerateRandom) -> Result<Value, AwsError> {
    match input.number_of_bytes {
        Some(bytes @ 1..=1024) => Ok(json!({"Plaintext": STANDARD.encode(random(usize::try_from(bytes).unwrap_or(1024)))})),
        _ => Err(AwsError::validation("NumberOfBytes must be between 1 and 1024")),
    }
}
