//! Rotations of symmetric keys on demand.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-on-demand.html>

use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::material::{Material, Version};
use crate::page::paged;
use crate::records::Records;
use crate::scope::Scope;

/// How often a key can be rotated on demand.
const LIMIT: usize = 25;

/// `RotateKeyOnDemand`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotateKeyOnDemand {
    key_id: String,
}

pub(crate) fn rotate_on_demand(records: &mut Records, scope: &Scope<'_>, input: &RotateKeyOnDemand) -> Result<Value, AwsError> {
    let key = super::keys::changeable(records, scope, &input.key_id)?;
    key.usable()?;
    super::keys::rotated_by_itself(key)?;
    let (arn, external) = (key.arn.clone(), key.external);
    let Some(Material::Symmetric(versions)) = &mut key.material else {
        return Err(AwsError::new("UnsupportedOperationException", 400, ""));
    };
    if key.rotations_on_demand >= LIMIT {
        let message = format!(
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: {arn}"
        );
        return Err(AwsError::new("LimitExceededException", 400, message));
    }
    let next = if external { versions.pending.take() } else { Some(Version::generate()) };
    let next = next.ok_or_else(|| {
        let message = format!("No available key material pending rotation for the key: {arn}.");
        AwsError::new("KMSInvalidStateException", 400, message)
    })?;
    versions.rotate(next, scope.now);
    key.rotations_on_demand += 1;
    key.note_material();
    if key.multi_region.is_some() {
        records.relate(&arn);
    }
    Ok(json!({"KeyId": arn}))
}

/// `ListKeyRotations`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListKeyRotations {
    key_id: String,
    limit: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn list_rotations(records: &mut Records, scope: &Scope<'_>, input: &ListKeyRotations) -> Result<Value, AwsError> {
    let key = records.key_by_id(scope, &input.key_id)?;
    let Some(versions) = key.versions() else {
        return Err(AwsError::new("UnsupportedOperationException", 400, ""));
    };
    let rotated = versions.iter().filter_map(|version| Some((version.rotated?, version.id(key.material_scope())))).enumerate();
    let entries = rotated.map(|(number, (at, material))| {
        let entry = json!({"KeyId": key.arn, "KeyMaterialId": material, "RotationDate": at, "RotationType": "ON_DEMAND"});
        (format!("{number:04}"), entry)
    });
    paged("Rotations", entries.collect(), input.limit.unwrap_or(100), input.marker.as_deref())
}
