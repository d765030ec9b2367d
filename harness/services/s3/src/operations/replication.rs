//! The replication configuration of a bucket.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html>

use std::sync::Arc;

use nightproof_core::credentials::random_string;
use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{list, payload, set};
use crate::error::{invalid_argument, invalid_request, malformed_xml, not_implemented};
use crate::input::{DocumentDigest, OnBucket};
use crate::records::{S3, State, Versioning};
use crate::replication::{Replication, Rule};

inputs! {
    /// `PutBucketReplication`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html>
    PutBucketReplication {
        on: OnBucket | DocumentDigest, ReplicationToken;
        replication_configuration: Option<Value>,
    }
}

/// The token for buckets that object lock was put on after they were made, which this S3 does not ask for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplicationToken {
    #[expect(dead_code, reason = "no bucket asks for it")]
    token: Option<String>,
}

impl S3 {
    pub(crate) fn put_bucket_replication(&self, call: &Call, input: &PutBucketReplication) -> Result<Value, AwsError> {
        let document = payload(&input.replication_configuration)?;
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let source = bucket.name.clone();
        if list(document, "Rules").is_empty() || list(document, "Rules").len() > 1000 {
            return Err(malformed_xml());
        }
        if bucket.versioning() != Versioning::Enabled {
            return Err(invalid_request("Versioning must be 'Enabled' on the bucket to apply a replication configuration"));
        }
        let document = completed(document);
        let replication: Replication = serde_json::from_value(document.clone()).map_err(|_| malformed_xml())?;
        if replication.role.is_empty() {
            return Err(malformed_xml());
        }
        let mut priorities = std::collections::BTreeSet::new();
        for rule in &replication.rules {
            check(rule)?;
            if rule.filter.is_some() && !priorities.insert(rule.priority) {
                let message = format!("Found duplicate priority {}", rule.priority);
                return Err(invalid_request(message));
            }
            check_destination(&state, call, &source, rule)?;
        }
        let bucket = state.bucket(&input.on)?;
        bucket.config.insert("ReplicationConfiguration", document);
        bucket.replication = Some(Arc::new(replication));
        Ok(json!({}))
    }
}

/// The document with what S3 adds: an id for each rule that has none.
fn completed(document: &Value) -> Value {
    let mut document = document.clone();
    let rules = document.get_mut("Rules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten() {
        if rule.get("ID").and_then(Value::as_str).is_none_or(str::is_empty) {
            let id = random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 48);
            set(rule, "ID", json!(id));
        }
        if rule.get("Filter").is_some() && rule.get("Priority").is_none() {
            set(rule, "Priority", json!(0));
        }
    }
    document
}

fn check(rule: &Rule) -> Result<(), AwsError> {
    if !["Enabled", "Disabled"].contains(&rule.status.as_str()) || rule.destination.bucket.is_empty() {
        return Err(malformed_xml());
    }
    if rule.filter.is_some() && rule.prefix.is_some() || rule.filter.is_none() && rule.prefix.is_none() {
        return Err(malformed_xml());
    }
    if rule.filter.is_some() && rule.delete_marker_replication.is_none() {
        return Err(invalid_request(
            "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.",
        ));
    }
    let markers = rule.delete_marker_replication.as_ref().is_some_and(|switch| switch.status == "Enabled");
    if markers && rule.is_by_tags() {
        return Err(invalid_request(
            "Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer Guide for more information.",
        ));
    }
    let destination = &rule.destination;
    let key = destination.encryption_configuration.replica_kms_key_id.as_deref().filter(|key| !key.is_empty());
    let under_kms = rule.source_selection_criteria.sse_kms_encrypted_objects.status == "Enabled";
    if under_kms && key.is_none() {
        return Err(invalid_request("EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present"));
    }
    if key.is_some() && !under_kms {
        return Err(invalid_request("SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present"));
    }
    if destination.replication_time.is_some() && destination.metrics.is_none() {
        return Err(invalid_request("ReplicationTime cannot be specified without Metrics"));
    }
    if destination.access_control_translation.is_some() && destination.account.is_none() {
        return Err(invalid_request("Account must be specified if AccessControlTranslation is present"));
    }
    if rule.existing_object_replication.is_some() {
        return Err(not_implemented("replication of existing objects"));
    }
    if rule.source_selection_criteria.replica_modifications.status == "Enabled" {
        return Err(not_implemented("replica modification sync"));
    }
    Ok(())
}

fn check_destination(state: &State, call: &Call, source: &str, rule: &Rule) -> Result<(), AwsError> {
    let name = rule.destination.bucket_name();
    if name == source {
        return Err(invalid_request("Destination bucket cannot be the same as the source bucket."));
    }
    if rule.destination.account.as_deref().is_some_and(|account| account != call.account()) {
        return Err(not_implemented("replication to another account"));
    }
    if let Some(class) = rule.destination.storage_class.as_deref() {
        let known = crate::operations::put::storage_class(&crate::input::Text::from(class));
        known.map_err(|_| invalid_argument("Invalid storage class", "StorageClass", class))?;
    }
    match state.buckets.get(name) {
        Some(bucket) if bucket.versioning() == Versioning::Enabled => Ok(()),
        // Whether a bucket that is nobody's or another's has versions, it does not tell.
        _ => Err(invalid_request("Destination bucket must have versioning enabled.")),
    }
}
