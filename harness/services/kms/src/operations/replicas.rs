//! Replicas of multi-Region keys in other regions.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::default_policy;
use nightproof_core::service::{Call, arn};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::put;
use crate::key::{Key, NewKey};
use crate::key_policy::{check_lockout, checked_policy};
use crate::multi_region::in_region;
use crate::operations::keys::{Tag, add_tags, changeable};
use crate::records::Records;
use crate::scope::Scope;

/// `ReplicateKey`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplicateKey {
    key_id: String,
    replica_region: String,
    policy: Option<String>,
    #[serde(default)]
    bypass_policy_lockout_safety_check: bool,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `UpdatePrimaryRegion`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdatePrimaryRegion {
    key_id: String,
    primary_region: String,
}

/// The primary that a call is about.
fn primary<'r>(records: &'r mut Records, scope: &Scope<'_>, name: &str) -> Result<&'r mut Key, AwsError> {
    let key = changeable(records, scope, name)?;
    if !key.is_primary() {
        let message = format!("{} is not a multi-region primary key.", key.arn);
        return Err(AwsError::new("UnsupportedOperationException", 400, message));
    }
    Ok(key)
}

/// Refuses a region that was not started with this one: a key would be in none.
fn check_served(call: &Call, operation: &str, region: &str) -> Result<(), AwsError> {
    if !nightproof_core::is_region(region) {
        return Err(AwsError::validation(format!("{region} is not a Region of the partition aws.")));
    }
    match call.region.sibling(region) {
        Some(_) => Ok(()),
        None => Err(AwsError::not_implemented("kms", &format!("{operation} in the region {region}, which was not started,"))),
    }
}

pub(crate) fn replicate_key(records: &mut Records, call: &Call, input: &ReplicateKey) -> Result<Value, AwsError> {
    let scope = Scope::new(call);
    let key = primary(records, &scope, &input.key_id)?;
    let (own, id, spec, usage, external) = (key.arn.clone(), key.id.clone(), key.spec, key.usage, key.external);
    if !external {
        key.usable()?;
    }
    key.not_pending()?;
    let arn = in_region(&own, &input.replica_region);
    if records.keys.contains_key(&arn) {
        let message = format!("A multi-Region key with the same key ID exists in {} already.", input.replica_region);
        return Err(AwsError::new("AlreadyExistsException", 400, message));
    }
    check_served(call, "ReplicateKey", &input.replica_region)?;
    let there = Scope { region: &input.replica_region, ..scope };
    let policy = match input.policy.as_deref() {
        Some(policy) => {
            let policy = checked_policy(policy)?;
            check_lockout(&there, &policy, input.bypass_policy_lockout_safety_check)?;
            policy
        }
        None => PolicyDocument::of_resource(default_policy::key(there.account).to_string()),
    };
    // Its material is the primary's, or is imported.
    let new = NewKey { spec, usage, multi_region: true, material: None };
    let mut replica = Key::new(there.region, there.account, policy, there.now, new);
    replica.arn.clone_from(&arn);
    replica.id = id;
    replica.external = external;
    replica.description = input.description.as_deref().unwrap_or_default().to_owned();
    add_tags(&mut replica, &input.tags)?;
    records.keys.insert(arn.clone(), replica);
    records.relate(&own);
    let Some(made) = records.keys.get_mut(&arn) else { return Err(AwsError::internal("a replica was not kept")) };
    let mut metadata = made.metadata();
    if !external {
        made.state = crate::key::State::Enabled;
        // It takes a moment on AWS, which the answer is given in.
        put(&mut metadata, "KeyState", json!("Creating"));
        put(&mut metadata, "Enabled", json!(false));
        if let Value::Object(members) = &mut metadata {
            members.shift_remove("CurrentKeyMaterialId");
        }
    }
    let mut output = json!({"ReplicaKeyMetadata": metadata, "ReplicaPolicy": &*made.policy});
    if !made.tags.is_empty() {
        let tags: Vec<Value> = made.tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value})).collect();
        put(&mut output, "ReplicaTags", tags.into());
    }
    Ok(output)
}

pub(crate) fn update_primary_region(records: &mut Records, call: &Call, input: &UpdatePrimaryRegion) -> Result<Value, AwsError> {
    let scope = Scope::new(call);
    let key = primary(records, &scope, &input.key_id)?;
    key.usable()?;
    let (own, next) = (key.arn.clone(), in_region(&key.arn, &input.primary_region));
    if next == own {
        return Ok(json!({}));
    }
    let replica = records.keys.get(&next).ok_or_else(|| {
        let message = format!("{} has no replica in {}.", arn::resource_of(&own), input.primary_region);
        crate::error::not_found(message)
    })?;
    replica.usable()?;
    records.relate(&next);
    Ok(json!({}))
}
