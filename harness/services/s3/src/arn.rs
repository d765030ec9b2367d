//! Names in full of buckets and objects, which are of no region and no account.

use nightproof_core::service::Arn;

/// The ARN of a bucket, or of an object: `bucket/key`.
pub(crate) fn arn(resource: impl Into<String>) -> String {
    Arn::new("s3", "", "", resource).to_string()
}
