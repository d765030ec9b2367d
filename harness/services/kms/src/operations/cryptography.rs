//! Encryption, decryption and data keys.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::arn;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::put;
use crate::key::{Blob, Key, context_bytes, invalid_ciphertext};
use crate::material::Material;
use crate::multi_region::in_region;
use crate::records::Records;
use crate::scope::Scope;
use crate::spec::{KeySpec, KeyUsage};

const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

pub(super) fn blob(text: &str, name: &str) -> Result<Vec<u8>, AwsError> {
    STANDARD.decode(text).map_err(|_| AwsError::validation(format!("{name} is not base64")))
}

pub(super) fn random(length: usize) -> Vec<u8> {
    std::iter::repeat_with(rand::random).take(length).collect()
}

/// The algorithm that is meant by a request, if keys of this specification have it.
fn check_algorithm<'a>(key: &Key, algorithm: Option<&'a str>) -> Result<&'a str, AwsError> {
    let algorithm = algorithm.unwrap_or(ALGORITHM);
    if key.spec.algorithms(key.usage).contains(&algorithm) {
        return Ok(algorithm);
    }
    let message = format!("Algorithm {algorithm} and key spec {} are incompatible.", key.spec.name());
    Err(AwsError::new("InvalidKeyUsageException", 400, message))
}

/// Encrypts by a key for `operation`.
fn seal(
    key: &Key,
    operation: &str,
    algorithm: Option<&str>,
    plain: &[u8],
    context: &BTreeMap<String, String>,
) -> Result<Vec<u8>, AwsError> {
    key.usable()?;
    key.is_for(KeyUsage::EncryptDecrypt, operation)?;
    let algorithm = check_algorithm(key, algorithm)?;
    let Material::Rsa(own) = key.in_use()? else { return key.encrypt(plain, &context_bytes(context)?) };
    if own.capacity(algorithm) < plain.len() {
        let (spec, most) = (key.spec.name(), own.capacity(algorithm));
        return Err(AwsError::validation(format!(
            "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {most} bytes."
        )));
    }
    own.encrypt(algorithm, plain)
}

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
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
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
    key.is_for(KeyUsage::EncryptDecrypt, "GenerateDataKey")?;
    if key.spec != KeySpec::Symmetric {
        let message = format!("{} key spec is {} which is not valid for GenerateDataKey.", key.arn, key.spec.name());
        return Err(AwsError::new("InvalidKeyUsageException", 400, message));
    }
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
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn encrypt(records: &mut Records, scope: &Scope<'_>, input: &Encrypt) -> Result<Value, AwsError> {
    let plain = blob(&input.plaintext, "Plaintext")?;
    if plain.is_empty() || plain.len() > 4096 {
        return Err(AwsError::validation(
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ));
    }
    let key = records.key(scope, &input.key_id)?;
    let sealed = seal(key, "Encrypt", input.encryption_algorithm.as_deref(), &plain, &input.encryption_context)?;
    let algorithm = input.encryption_algorithm.as_deref().unwrap_or(ALGORITHM);
    Ok(json!({"CiphertextBlob": STANDARD.encode(sealed), "KeyId": key.arn, "EncryptionAlgorithm": algorithm}))
}

/// What was encrypted, opened.
struct Opened {
    key_arn: String,
    plain: Vec<u8>,
    /// Which material of a symmetric key did it.
    material_id: Option<String>,
}

/// Opens `bytes` by the key that they name, or by the RSA key that the caller names; `expected` is the key that the caller says it is.
fn open(
    records: &mut Records,
    scope: &Scope<'_>,
    bytes: &[u8],
    (operation, algorithm): (&str, Option<&str>),
    context: &BTreeMap<String, String>,
    expected: Option<&str>,
) -> Result<Opened, AwsError> {
    if let Some(algorithm) = algorithm.filter(|algorithm| *algorithm != ALGORITHM) {
        let name = expected.ok_or_else(|| AwsError::validation("KeyId is required for asymmetric keys"))?;
        let key = records.key(scope, name)?;
        key.usable()?;
        key.is_for(KeyUsage::EncryptDecrypt, operation)?;
        check_algorithm(key, Some(algorithm))?;
        let plain = match key.in_use()? {
            Material::Rsa(own) => own.decrypt(algorithm, bytes),
            Material::Symmetric(_) | Material::Hmac(..) | Material::Elliptic(_) => None,
        };
        let plain = plain.ok_or_else(invalid_ciphertext)?;
        return Ok(Opened { key_arn: key.arn.clone(), plain, material_id: None });
    }
    let blob = Blob::read(bytes).ok_or_else(invalid_ciphertext)?;
    let key_arn = in_region(blob.key_arn, scope.region);
    let expected = expected.map(|name| records.resolve(scope, name)).transpose()?;
    if expected.is_some_and(|arn| arn != key_arn) {
        return Err(AwsError::new(
            "IncorrectKeyException",
            400,
            "The key ID in the request does not identify a CMK that can perform this operation.",
        ));
    }
    if arn::region_of(&key_arn) != scope.region {
        let message = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.";
        return Err(AwsError::new("AccessDeniedException", 400, message));
    }
    let key = records.key(scope, &key_arn)?;
    let (plain, material) = key.decrypt(blob.nonce, blob.sealed, &context_bytes(context)?)?;
    Ok(Opened { key_arn: key.arn.clone(), plain, material_id: Some(material) })
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
    pub(super) grant_tokens: Vec<String>,
    key_id: Option<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn decrypt(records: &mut Records, scope: &Scope<'_>, input: &Decrypt) -> Result<Value, AwsError> {
    let bytes = blob(&input.ciphertext_blob, "CiphertextBlob")?;
    let algorithm = input.encryption_algorithm.as_deref();
    let opened = open(records, scope, &bytes, ("Decrypt", algorithm), &input.encryption_context, input.key_id.as_deref())?;
    let mut output = json!({
        "KeyId": opened.key_arn,
        "Plaintext": STANDARD.encode(opened.plain),
        "EncryptionAlgorithm": algorithm.unwrap_or(ALGORITHM),
    });
    if let Some(id) = opened.material_id {
        put(&mut output, "KeyMaterialId", json!(id));
    }
    Ok(output)
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
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn re_encrypt(records: &mut Records, scope: &Scope<'_>, input: &ReEncrypt) -> Result<Value, AwsError> {
    let bytes = blob(&input.ciphertext_blob, "CiphertextBlob")?;
    let (source, destination) = (input.source_encryption_algorithm.as_deref(), input.destination_encryption_algorithm.as_deref());
    let context = &input.source_encryption_context;
    let opened = open(records, scope, &bytes, ("ReEncryptFrom", source), context, input.source_key_id.as_deref())?;
    let key = records.key(scope, &input.destination_key_id)?;
    let sealed = seal(key, "ReEncryptTo", destination, &opened.plain, &input.destination_encryption_context)?;
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(sealed),
        "SourceKeyId": opened.key_arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": source.unwrap_or(ALGORITHM),
        "DestinationEncryptionAlgorithm": destination.unwrap_or(ALGORITHM),
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
        Some(_) => Err(AwsError::validation("NumberOfBytes must be between 1 and 1024")),
        None => Err(AwsError::validation("NumberOfBytes is required.")),
    }
}
