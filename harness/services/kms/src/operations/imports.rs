//! Key material that is imported, and deleted again.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::put;
use crate::import::Import;
use crate::key::{Key, State, invalid_ciphertext};
use crate::material::{Material, Version};
use crate::operations::cryptography::{blob, random};
use crate::records::Records;
use crate::rsa_key::RsaKey;
use crate::scope::Scope;
use crate::spec::KeySpec;

/// `GetParametersForImport`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetParametersForImport {
    key_id: String,
    wrapping_algorithm: String,
    wrapping_key_spec: String,
}

/// The wrapping key; it takes a moment, and is made without a lock.
pub(crate) fn wrapping_key(input: &GetParametersForImport) -> Result<RsaKey, AwsError> {
    let algorithm = input.wrapping_algorithm.as_str();
    if !matches!(algorithm, "RSAES_OAEP_SHA_1" | "RSAES_OAEP_SHA_256") {
        return Err(AwsError::not_implemented("kms", &format!("WrappingAlgorithm {algorithm}")));
    }
    match KeySpec::parse(&input.wrapping_key_spec) {
        Ok(KeySpec::Rsa(bits)) => RsaKey::generate(bits),
        _ => Err(AwsError::not_implemented("kms", &format!("WrappingKeySpec {}", input.wrapping_key_spec))),
    }
}

/// A key whose material is imported.
fn external<'r>(records: &'r mut Records, scope: &Scope<'_>, name: &str) -> Result<&'r mut Key, AwsError> {
    let key = records.key_by_id(scope, name)?;
    key.not_pending()?;
    if key.external { Ok(key) } else { Err(key.wrong_origin()) }
}

pub(crate) fn get_parameters_for_import(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &GetParametersForImport,
    wrapping: RsaKey,
) -> Result<Value, AwsError> {
    let key_arn = external(records, scope, &input.key_id)?.arn.clone();
    let after = |hours| scope.now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(scope.now);
    let (token, public) = (STANDARD.encode(random(96)), wrapping.public_der()?);
    let import = Import {
        key_arn: key_arn.clone(),
        wrapping,
        algorithm: input.wrapping_algorithm.clone(),
        valid_to: after(24),
        forgotten: after(48),
    };
    let output = json!({
        "KeyId": key_arn,
        "ImportToken": token,
        "PublicKey": STANDARD.encode(public),
        "ParametersValidTo": import.valid_to,
    });
    records.imports.insert(token, import);
    Ok(output)
}

/// `ImportKeyMaterial`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ImportKeyMaterial {
    key_id: String,
    import_token: String,
    encrypted_key_material: String,
    valid_to: Option<Timestamp>,
    expiration_model: Option<String>,
    import_type: Option<String>,
}

fn other_material() -> AwsError {
    AwsError::new(
        "IncorrectKeyMaterialException",
        400,
        "The key material in the request is not of the key's specification, or not the one that was imported before.",
    )
}

pub(crate) fn import_key_material(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &ImportKeyMaterial,
) -> Result<Value, AwsError> {
    let arn = external(records, scope, &input.key_id)?.arn.clone();
    let expires = match (input.expiration_model.as_deref().unwrap_or("KEY_MATERIAL_EXPIRES"), input.valid_to) {
        ("KEY_MATERIAL_EXPIRES", None) => {
            return Err(AwsError::validation("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"));
        }
        ("KEY_MATERIAL_EXPIRES", Some(at)) if at > scope.now => Some(at),
        ("KEY_MATERIAL_EXPIRES", Some(_)) => return Err(AwsError::validation("The validTo date is not in the future")),
        (_, Some(_)) => {
            return Err(AwsError::validation(
                "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE",
            ));
        }
        (_, None) => None,
    };
    let import = records.imports.get(&input.import_token).filter(|import| import.key_arn == arn);
    let import = import.ok_or_else(|| AwsError::new("InvalidImportTokenException", 400, ""))?;
    if import.valid_to <= scope.now {
        return Err(AwsError::new("ExpiredImportTokenException", 400, ""));
    }
    let sealed = blob(&input.encrypted_key_material, "EncryptedKeyMaterial")?;
    let bytes = import.wrapping.decrypt(&import.algorithm, &sealed).ok_or_else(invalid_ciphertext)?;
    let key = records.key_by_id(scope, &arn)?;
    let id = import_into(key, &bytes, input.import_type.as_deref())?;
    // What waits for a rotation does not change when the current material expires.
    if id.is_none() || id == key.material_id {
        key.expires = expires;
        if key.state == State::PendingImport {
            key.state = State::Enabled;
        }
    }
    let mut output = json!({"KeyId": arn});
    if let Some(id) = id {
        put(&mut output, "KeyMaterialId", json!(id));
    }
    Ok(output)
}

/// Puts the material into the key, or beside its own until the next rotation; returns its id if the key is symmetric.
fn import_into(key: &mut Key, bytes: &[u8], kind: Option<&str>) -> Result<Option<String>, AwsError> {
    if key.spec != KeySpec::Symmetric {
        // An asymmetric or HMAC key gets back only what it had.
        if let Some(own) = &key.material {
            let same = Material::read(key.spec, bytes).ok_or_else(other_material)?;
            let message = b"the same material?";
            if own.public_der()? != same.public_der()? || own.mac(message) != same.mac(message) {
                return Err(other_material());
            }
        }
        key.material = Some(Material::read(key.spec, bytes).ok_or_else(other_material)?);
        return Ok(None);
    }
    let version = Version::read(bytes).ok_or_else(other_material)?;
    let scope = key.material_scope().to_owned();
    let id = version.id(&scope);
    let first = key.material_id.is_none();
    if kind.unwrap_or(if first { "NEW_KEY_MATERIAL" } else { "EXISTING_KEY_MATERIAL" }) == "EXISTING_KEY_MATERIAL" {
        if key.material_id.as_ref() != Some(&id) {
            return Err(other_material());
        }
        if key.material.is_none() {
            key.material = Material::read(key.spec, bytes);
        }
        return Ok(Some(id));
    }
    match &mut key.material {
        Some(Material::Symmetric(versions)) => {
            if let Some(waiting) = versions.pending.as_ref().map(|pending| pending.id(&scope)).filter(|waiting| *waiting != id) {
                let message = format!(
                    "New key material (id: {id}) cannot be imported into KMS key {}, because another key material (id: {waiting}) is pending rotation.",
                    key.arn
                );
                return Err(AwsError::new("KMSInvalidStateException", 400, message));
            }
            versions.pending = Some(version);
        }
        _ if first => {
            key.material = Material::read(key.spec, bytes);
            key.note_material();
        }
        _ => return Err(other_material()),
    }
    Ok(Some(id))
}

/// `DeleteImportedKeyMaterial`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteImportedKeyMaterial {
    key_id: String,
    key_material_id: Option<String>,
}

pub(crate) fn delete_imported_key_material(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &DeleteImportedKeyMaterial,
) -> Result<Value, AwsError> {
    let key = external(records, scope, &input.key_id)?;
    if input.key_material_id.is_some() && input.key_material_id != key.material_id {
        return Err(AwsError::not_implemented("kms", "DeleteImportedKeyMaterial of a material that is not the current one"));
    }
    key.delete_material();
    let mut output = json!({"KeyId": key.arn});
    if let Some(id) = &key.material_id {
        put(&mut output, "KeyMaterialId", json!(id));
    }
    Ok(output)
}
