//! The facts of a bucket, read from the store when they are first needed.

use std::sync::Arc;

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{Call, empty_body};
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use super::RemoteS3;
use super::facts::Facts;
use crate::document::flag;
use crate::operations::config::owner_enforced;
use crate::remote::text;

impl RemoteS3 {
    /// The facts of the input's bucket; `None` if there is no such bucket, which the call itself reports.
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
        let maker = self.owners.lock().get(bucket).cloned();
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
