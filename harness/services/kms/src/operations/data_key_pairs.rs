//! Data key pairs: made for use elsewhere, their private keys encrypted by a symmetric key.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::key::context_bytes;
use crate::material::Material;
use crate::records::Records;
use crate::scope::Scope;
use crate::spec::{KeySpec, KeyUsage};

/// `GenerateDataKeyPair`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateDataKeyPair {
    key_id: String,
    key_pair_spec: String,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) grant_tokens: Vec<String>,
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// `GenerateDataKeyPairWithoutPlaintext`.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html>
pub(crate) type GenerateDataKeyPairWithoutPlaintext = GenerateDataKeyPair;

/// A new pair; it takes a moment, and is made without a lock.
pub(crate) fn pair(input: &GenerateDataKeyPair) -> Result<Material, AwsError> {
    // The model has no other than those of asymmetric keys.
    Material::generate(KeySpec::parse(&input.key_pair_spec)?)
}

pub(crate) fn generate_data_key_pair(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &GenerateDataKeyPair,
    pair: &Material,
) -> Result<Value, AwsError> {
    let key = records.key(scope, &input.key_id)?;
    key.usable()?;
    key.is_for(KeyUsage::EncryptDecrypt, "GenerateDataKeyPair")?;
    if key.spec != KeySpec::Symmetric {
        let message = format!("{} key spec is {} which is not valid for GenerateDataKeyPair.", key.arn, key.spec.name());
        return Err(AwsError::new("InvalidKeyUsageException", 400, message));
    }
    let (Some(private), Some(public)) = (pair.private_der()?, pair.public_der()?) else {
        return Err(AwsError::internal("a key pair has no two keys"));
    };
    let sealed = key.encrypt(&private, &context_bytes(&input.encryption_context)?)?;
    Ok(json!({
        "KeyId": key.arn,
        "KeyPairSpec": input.key_pair_spec,
        "PrivateKeyCiphertextBlob": STANDARD.encode(sealed),
        "PrivateKeyPlaintext": STANDARD.encode(private),
        "PublicKey": STANDARD.encode(public),
    }))
}
