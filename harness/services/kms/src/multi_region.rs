//! Multi-Region keys: a primary and its replicas, which have one id and one material.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>

use nightproof_core::service::arn;
use serde_json::{Value, json};

/// What a multi-Region key knows of those that are related to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MultiRegion {
    /// The ARN of the primary.
    pub(crate) primary: String,
    /// The ARNs of the replicas.
    pub(crate) replicas: Vec<String>,
}

impl MultiRegion {
    /// A primary without replicas.
    pub(crate) fn primary(arn: &str) -> Self {
        Self { primary: arn.to_owned(), replicas: Vec::new() }
    }

    /// `MultiRegionConfiguration`, as the key with this ARN has it.
    pub(crate) fn describe(&self, own: &str) -> Value {
        let kind = if own == self.primary { "PRIMARY" } else { "REPLICA" };
        let one = |arn: &String| json!({"Arn": arn, "Region": arn::region_of(arn)});
        let replicas: Vec<Value> = self.replicas.iter().map(one).collect();
        json!({"MultiRegionKeyType": kind, "PrimaryKey": one(&self.primary), "ReplicaKeys": replicas})
    }
}

/// The ARN by which a key is called in another region: that of a related multi-Region key, which has the same id.
pub(crate) fn in_region(key_arn: &str, region: &str) -> String {
    match key_arn.split(':').collect::<Vec<_>>().as_slice() {
        [scheme, partition, service, _, account, resource] if resource.starts_with("key/mrk-") => {
            [*scheme, *partition, *service, region, *account, *resource].join(":")
        }
        _ => key_arn.to_owned(),
    }
}
