//! Facts of a bucket that decide on its calls. Fetched when first needed, and again after a call that may change it:
//! the region is the only one who writes to its buckets.

use nightproof_core::authorization::PolicyDocument;
use serde_json::{Value, json};

use crate::document::{set, text};

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
