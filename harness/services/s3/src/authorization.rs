//! The policies of buckets, and what copies read.

use nightproof_core::authorization::{Need, PolicyDocument, ResourcePolicyText};
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::arn::arn;
use crate::records::S3;

impl S3 {
    /// The policy of the bucket that an ARN names. A bucket without policy still has an owner.
    pub(super) fn bucket_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        let name = bucket_of(arn)?;
        let state = self.state();
        let bucket = state.buckets.get(name)?;
        let block = bucket.config.get("PublicAccessBlockConfiguration");
        let restricts = block.and_then(|block| block.flag("RestrictPublicBuckets")).unwrap_or(false);
        Some(policy_text(name, &bucket.account, bucket.policy.clone(), restricts))
    }
}

/// The object that a copy reads, with or without a version.
pub(super) fn copy_sources(kind: &str, input: &Value) -> Vec<String> {
    let source = input.text("CopySource").unwrap_or_default().trim_start_matches('/');
    let (object, version) = source.split_once("?versionId=").map_or((source, None), |(object, version)| (object, Some(version)));
    let object = percent_encoding::percent_decode_str(object).decode_utf8_lossy().into_owned();
    let wanted = match kind {
        "copy-source" => version.is_none(),
        "copy-source-version" => version.is_some(),
        _ => false,
    };
    (wanted && !object.is_empty()).then(|| arn(object)).into_iter().collect()
}

/// The bucket that an ARN is about.
pub(super) fn bucket_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:aws:s3:::")?.split('/').next()
}

/// The policy of a bucket as the evaluator wants it; `restricts` is the setting `RestrictPublicBuckets`.
pub(super) fn policy_text(bucket: &str, owner: &str, document: Option<PolicyDocument>, restricts: bool) -> ResourcePolicyText {
    ResourcePolicyText {
        name: format!("policy of bucket {bucket}"),
        restricts_public: restricts,
        document,
        rule: ResourceRule::Union,
        owner: owner.to_owned(),
    }
}

/// Whether a key exists is told to those alone who may list its bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax>
pub(super) fn concealed(call: &Call, input: &Value, error: AwsError) -> AwsError {
    let Some(authorizer) = call.region.authorizer().filter(|_| error.code == "NoSuchKey") else { return error };
    let resource = arn(input.text("Bucket").unwrap_or_default());
    let need = Need { action: "s3:ListBucket".to_owned(), resource, keys: Vec::new() };
    authorizer.check(call, "s3", need).map_or_else(|denied| denied, |()| error)
}
