//! Signatures, message authentication codes, public keys and key agreements.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::document::put;
use crate::key::Key;
use crate::material::Material;
use crate::operations::cryptography::blob;
use crate::records::Records;
use crate::scope::Scope;
use crate::spec::KeyUsage;

fn check_algorithm(key: &Key, algorithm: &str) -> Result<(), AwsError> {
    if key.spec.algorithms(key.usage).contains(&algorithm) {
        return Ok(());
    }
    let message = format!("Algorithm {algorithm} is incompatible with key spec {}.", key.spec.name());
    Err(AwsError::new("InvalidKeyUsageException", 400, message))
}

/// What is signed: the digest of a message, or a digest as it was given.
fn digest(algorithm: &str, kind: Option<&str>, message: &[u8]) -> Result<Vec<u8>, AwsError> {
    let hashed = match algorithm.rsplit('_').next() {
        Some("384") => Sha384::digest(message).to_vec(),
        Some("512") => Sha512::digest(message).to_vec(),
        _ => Sha256::digest(message).to_vec(),
    };
    match kind.unwrap_or("RAW") {
        "RAW" => Ok(hashed),
        "DIGEST" if message.len() == hashed.len() => Ok(message.to_vec()),
        "DIGEST" => Err(AwsError::validation(format!("Digest is invalid length for algorithm {algorithm}."))),
        other => Err(AwsError::not_implemented("kms", &format!("MessageType {other}"))),
    }
}

/// `Sign`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Sign {
    key_id: String,
    message: String,
    message_type: Option<String>,
    signing_algorithm: String,
    #[serde(default)]
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn sign(records: &mut Records, scope: &Scope<'_>, input: &Sign) -> Result<Value, AwsError> {
    let key = records.key(scope, &input.key_id)?;
    let material = key.in_use()?;
    key.is_for(KeyUsage::SignVerify, "Sign")?;
    let algorithm = input.signing_algorithm.as_str();
    check_algorithm(key, algorithm)?;
    let digest = digest(algorithm, input.message_type.as_deref(), &blob(&input.message, "Message")?)?;
    let signature = match material {
        Material::Rsa(own) => own.sign(algorithm, &digest)?,
        Material::Elliptic(own) => own.sign(&digest)?,
        Material::Symmetric(_) | Material::Hmac(..) => return Err(AwsError::internal("a key of another kind is for signing")),
    };
    Ok(json!({"KeyId": key.arn, "Signature": STANDARD.encode(signature), "SigningAlgorithm": algorithm}))
}

/// `Verify`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Verify {
    key_id: String,
    message: String,
    message_type: Option<String>,
    signature: String,
    signing_algorithm: String,
    #[serde(default)]
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn verify(records: &mut Records, scope: &Scope<'_>, input: &Verify) -> Result<Value, AwsError> {
    let key = records.key(scope, &input.key_id)?;
    let material = key.in_use()?;
    key.is_for(KeyUsage::SignVerify, "Verify")?;
    let algorithm = input.signing_algorithm.as_str();
    check_algorithm(key, algorithm)?;
    let digest = digest(algorithm, input.message_type.as_deref(), &blob(&input.message, "Message")?)?;
    let signature = blob(&input.signature, "Signature")?;
    let valid = match material {
        Material::Rsa(own) => own.verifies(algorithm, &digest, &signature),
        Material::Elliptic(own) => own.verifies(&digest, &signature),
        Material::Symmetric(_) | Material::Hmac(..) => false,
    };
    if !valid {
        return Err(AwsError::new("KMSInvalidSignatureException", 400, ""));
    }
    Ok(json!({"KeyId": key.arn, "SignatureValid": true, "SigningAlgorithm": algorithm}))
}

fn mac(key: &Key, operation: &str, algorithm: &str, message: &str) -> Result<Vec<u8>, AwsError> {
    let material = key.in_use()?;
    key.is_for(KeyUsage::GenerateVerifyMac, operation)?;
    check_algorithm(key, algorithm)?;
    let mac = material.mac(&blob(message, "Message")?);
    mac.ok_or_else(|| AwsError::internal("a key of another kind is for codes"))
}

fn check_mac_algorithm(algorithm: &str) -> Result<(), AwsError> {
    AwsError::check_enumerated("macAlgorithm", algorithm, &["HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"])
}

/// `GenerateMac`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateMac {
    key_id: String,
    message: String,
    mac_algorithm: String,
    #[serde(default)]
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn generate_mac(records: &mut Records, scope: &Scope<'_>, input: &GenerateMac) -> Result<Value, AwsError> {
    check_mac_algorithm(&input.mac_algorithm)?;
    let key = records.key(scope, &input.key_id)?;
    let mac = mac(key, "GenerateMac", &input.mac_algorithm, &input.message)?;
    Ok(json!({"KeyId": key.arn, "Mac": STANDARD.encode(mac), "MacAlgorithm": input.mac_algorithm}))
}

/// `VerifyMac`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VerifyMac {
    key_id: String,
    message: String,
    mac: String,
    mac_algorithm: String,
    #[serde(default)]
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn verify_mac(records: &mut Records, scope: &Scope<'_>, input: &VerifyMac) -> Result<Value, AwsError> {
    check_mac_algorithm(&input.mac_algorithm)?;
    let key = records.key(scope, &input.key_id)?;
    if mac(key, "VerifyMac", &input.mac_algorithm, &input.message)? != blob(&input.mac, "Mac")? {
        return Err(AwsError::new("KMSInvalidMacException", 400, ""));
    }
    Ok(json!({"KeyId": key.arn, "MacValid": true, "MacAlgorithm": input.mac_algorithm}))
}

/// `GetPublicKey`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetPublicKey {
    key_id: String,
    #[serde(default)]
    grant_tokens: Vec<String>,
}

pub(crate) fn get_public_key(records: &mut Records, scope: &Scope<'_>, input: &GetPublicKey) -> Result<Value, AwsError> {
    records.check_tokens(&input.grant_tokens)?;
    let key = records.key(scope, &input.key_id)?;
    let Some(public) = key.in_use()?.public_der()? else {
        let message = format!("{} key spec is {} which is not valid for GetPublicKey.", key.arn, key.spec.name());
        return Err(AwsError::new("UnsupportedOperationException", 400, message));
    };
    let mut output = json!({
        "KeyId": key.arn,
        "PublicKey": STANDARD.encode(public),
        "CustomerMasterKeySpec": key.spec.name(),
        "KeySpec": key.spec.name(),
        "KeyUsage": key.usage.name(),
    });
    put(&mut output, key.usage.algorithms_member(), json!(key.spec.algorithms(key.usage)));
    Ok(output)
}

/// `DeriveSharedSecret`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeriveSharedSecret {
    key_id: String,
    key_agreement_algorithm: String,
    public_key: String,
    #[serde(default)]
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

pub(crate) fn derive_shared_secret(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &DeriveSharedSecret,
) -> Result<Value, AwsError> {
    AwsError::check_enumerated("keyAgreementAlgorithm", &input.key_agreement_algorithm, &["ECDH"])?;
    let key = records.key(scope, &input.key_id)?;
    let material = key.in_use()?;
    key.is_for(KeyUsage::KeyAgreement, "DeriveSharedSecret")?;
    check_algorithm(key, &input.key_agreement_algorithm)?;
    let public = blob(&input.public_key, "PublicKey")?;
    let secret = match material {
        Material::Elliptic(own) => own.agree(&public),
        Material::Symmetric(_) | Material::Hmac(..) | Material::Rsa(_) => None,
    };
    let secret = secret.ok_or_else(|| AwsError::validation(""))?;
    Ok(json!({
        "KeyId": key.arn,
        "SharedSecret": STANDARD.encode(secret),
        "KeyAgreementAlgorithm": input.key_agreement_algorithm,
        "KeyOrigin": key.origin(),
    }))
}
