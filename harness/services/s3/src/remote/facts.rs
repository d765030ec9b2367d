//! What the region must know of a bucket to decide on its calls. Fetched when first needed, and again after a call that may change it:
//! the region is the only one who writes to its buckets.

use std::sync::Arc;

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{AwsError, Call, empty_body};
use serde_json::{Value, json};

use super::super::config::owner_enforced;
use super::super::document::{flag, text};
use super::super::set;
use super::{RemoteS3, locked};

/// One bucket's.
pub(super) struct Facts {
    /// The account that owns it.
    pub(super) owner: String,
    pub(super) policy: Option<PolicyDocument>,
    pub(super) blocks_public_policy: bool,
    pub(super) restricts_public_buckets: bool,
    /// Whether access control lists are off.
    pub(super) owner_enforced: bool,
    /// `LoggingEnabled`.
    pub(super) logging: Option<Value>,
    /// `ServerSideEncryptionConfiguration`.
    pub(super) encryption: Option<Value>,
}

/// Whether an operation may change the facts of its bucket.
pub(super) fn changes(operation: &str) -> bool {
    const WITHOUT_OBJECTS: [&str; 4] = ["CreateBucket", "DeleteBucket", "PutPublicAccessBlock", "DeletePublicAccessBlock"];
    WITHOUT_OBJECTS.contains(&operation) || operation.starts_with("PutBucket") || operation.starts_with("DeleteBucket")
}

impl RemoteS3 {
    /// The facts of the input's bucket; none if there is no such bucket, which the call itself will be told.
    pub(super) async fn facts(&self, call: &Call, input: &Value) -> Result<Option<Arc<Facts>>, AwsError> {
        let Some(bucket) = text(input, "Bucket") else { return Ok(None) };
        if let Some(known) = self.buckets.get(bucket) {
            return Ok(Some(known));
        }
        let changes = self.buckets.changes();
        let asked = json!({"Bucket": bucket});
        let read = async |operation: &str, member: &str| match self.ask(call, operation, &asked, empty_body()).await {
            Ok(mut reply) => Ok(reply.output.get_mut(member).map(Value::take)),
            // What was not configured answers an error of its own.
            Err(error) if error.status == 404 && error.code != "NoSuchBucket" => Ok(None),
            Err(error) => Err(error),
        };
        let policy = match read("GetBucketPolicy", "Policy").await {
            Err(error) if matches!(error.code.as_str(), "NoSuchBucket" | "InvalidBucketName") => return Ok(None),
            other => other?,
        };
        let block = read("GetPublicAccessBlock", "PublicAccessBlockConfiguration").await?.unwrap_or_default();
        let maker = locked(&self.owners).get(bucket).cloned();
        let facts = Arc::new(Facts {
            owner: maker.unwrap_or_else(|| call.region.settings().account.clone()),
            policy: policy.as_ref().and_then(Value::as_str).map(PolicyDocument::of_resource),
            blocks_public_policy: flag(&block, "BlockPublicPolicy").unwrap_or(false),
            owner_enforced: read("GetBucketOwnershipControls", "OwnershipControls").await?.as_ref().is_some_and(owner_enforced),
            restricts_public_buckets: flag(&block, "RestrictPublicBuckets").unwrap_or(false),
            logging: read("GetBucketLogging", "LoggingEnabled").await?,
            encryption: read("GetBucketEncryption", "ServerSideEncryptionConfiguration").await?,
        });
        self.buckets.keep(bucket, &facts, changes);
        Ok(Some(facts))
    }
}

/// What stands before the keys of AWS's own tags in a store, which refuses them from a client.
const SYSTEM: &str = "nightproof:";

/// The tags as a store takes them.
pub(super) fn hidden_system_tags(tags: &[Value]) -> Vec<Value> {
    tags.iter()
        .cloned()
        .map(|mut tag| {
            if let Some(key) = text(&tag, "Key").filter(|key| key.starts_with("aws:")) {
                let key = format!("{SYSTEM}{key}");
                set(&mut tag, "Key", json!(key));
            }
            tag
        })
        .collect()
}

/// The tags of an answer as they were put.
pub(super) fn reveal_system_tags(output: &mut Value) {
    for tag in output.get_mut("TagSet").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(key) = text(tag, "Key").and_then(|key| key.strip_prefix(SYSTEM)).filter(|key| key.starts_with("aws:")) {
            let key = key.to_owned();
            set(tag, "Key", json!(key));
        }
    }
}
