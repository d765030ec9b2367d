//! What a bucket is set to, so that it can be put back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::FailurePoint;
use crate::account::dynamic_client::DynamicClient;
use crate::attack::attempt::Request;
use crate::chain::failure::{HopFailure, at};

/// Settings of a bucket that protect what is in it. Absent ones are not set.
#[derive(Debug, Clone, Default)]
pub(crate) struct BucketSettings {
    pub(crate) policy: Option<Value>,
    pub(crate) lifecycle: Option<Value>,
    pub(crate) encryption: Option<Value>,
    pub(crate) object_lock: Option<Value>,
    pub(crate) logging: Option<Value>,
    pub(crate) replication: Option<Value>,
}

impl BucketSettings {
    /// Reads them.
    pub(crate) async fn read(client: &DynamicClient, bucket: &str) -> Result<Self, HopFailure> {
        let member = |answer: Option<Value>, name: &str| answer.and_then(|mut answer| answer.get_mut(name).map(Value::take));
        Ok(Self {
            policy: member(setting(client, bucket, "GetBucketPolicy").await?, "Policy"),
            lifecycle: member(setting(client, bucket, "GetBucketLifecycleConfiguration").await?, "Rules"),
            encryption: member(setting(client, bucket, "GetBucketEncryption").await?, "ServerSideEncryptionConfiguration"),
            object_lock: member(setting(client, bucket, "GetObjectLockConfiguration").await?, "ObjectLockConfiguration"),
            logging: member(setting(client, bucket, "GetBucketLogging").await?, "LoggingEnabled"),
            replication: member(setting(client, bucket, "GetBucketReplication").await?, "ReplicationConfiguration"),
        })
    }

    /// The shortest time in days after which a lifecycle rule removes a version that is not the current one any more.
    pub(crate) fn noncurrent_days(&self) -> Option<u64> {
        let rules = self.lifecycle.as_ref()?.as_array()?.iter();
        let enabled = rules.filter(|rule| rule.get("Status").and_then(Value::as_str) == Some("Enabled"));
        enabled.filter_map(|rule| rule.pointer("/NoncurrentVersionExpiration/NoncurrentDays")?.as_u64()).min()
    }

    /// Puts the policy back.
    pub(crate) fn put_policy(&self, bucket: &str) -> Request {
        match &self.policy {
            Some(policy) => Request::call("s3", "PutBucketPolicy", json!({ "Bucket": bucket, "Policy": policy })),
            None => Request::call("s3", "DeleteBucketPolicy", json!({ "Bucket": bucket })),
        }
    }

    /// Puts the lifecycle rules back.
    pub(crate) fn put_lifecycle(&self, bucket: &str) -> Request {
        match &self.lifecycle {
            Some(rules) => {
                let input = json!({ "Bucket": bucket, "LifecycleConfiguration": { "Rules": rules } });
                Request::call("s3", "PutBucketLifecycleConfiguration", input)
            }
            None => Request::call("s3", "DeleteBucketLifecycle", json!({ "Bucket": bucket })),
        }
    }

    /// Puts the default encryption back.
    pub(crate) fn put_encryption(&self, bucket: &str) -> Request {
        match &self.encryption {
            Some(configuration) => {
                let input = json!({ "Bucket": bucket, "ServerSideEncryptionConfiguration": configuration });
                Request::call("s3", "PutBucketEncryption", input)
            }
            None => Request::call("s3", "DeleteBucketEncryption", json!({ "Bucket": bucket })),
        }
    }
}

/// The buckets that replicate, each once, with their configurations.
pub(crate) fn replicating<'a>(buckets: impl Iterator<Item = (&'a str, &'a BucketSettings)>) -> BTreeMap<String, Value> {
    buckets.filter_map(|(name, settings)| Some((name.to_owned(), settings.replication.clone()?))).collect()
}

/// What the bucket answers; `None` if there is no such setting.
async fn setting(client: &DynamicClient, bucket: &str, operation: &'static str) -> Result<Option<Value>, HopFailure> {
    match client.ask("s3", operation, &json!({ "Bucket": bucket })).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.status == 404 => Ok(None),
        Err(error) => Err(at(FailurePoint::Drill, operation)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_disabled_removes_nothing() {
        let rule =
            |status: &str, days: u64| json!({ "Status": status, "NoncurrentVersionExpiration": { "NoncurrentDays": days } });
        let settings =
            |rules: &[Value]| BucketSettings { lifecycle: Some(json!(rules)), ..BucketSettings::default() }.noncurrent_days();
        assert_eq!(settings(&[rule("Enabled", 14), rule("Enabled", 30), rule("Disabled", 1)]), Some(14));
        assert_eq!(settings(&[json!({ "Status": "Enabled", "Expiration": { "Days": 1 } })]), None);
    }
}
