//! The policies of buckets, and what copies read.

use nightproof_core::authorization::{Need, PolicyDocument, ResourcePolicyText};
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_iam_policy::ResourceRule;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::operations::config::owner_enforced;
use crate::records::{Bucket, S3};

impl S3 {
    /// The policy of the bucket that an ARN names. A bucket without policy still has an owner.
    pub(super) fn bucket_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        let name = bucket_of(arn)?;
        let state = self.state();
        let bucket = state.buckets.get(name)?;
        let block = bucket.config.get("PublicAccessBlockConfiguration");
        let restricts = block.and_then(|block| block.flag("RestrictPublicBuckets")).unwrap_or(false);
        let key = arn.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split_once('/')).map(|(_, key)| key);
        let policy = with_lists(bucket, key).or_else(|| bucket.policy.clone());
        Some(policy_text(name, &bucket.account, policy, restricts))
    }
}

/// The policy of a bucket with what access control lists allow beside it; `None` if they allow nothing.
fn with_lists(bucket: &Bucket, key: Option<&str>) -> Option<PolicyDocument> {
    let enforced = bucket.config.get("OwnershipControls").is_some_and(owner_enforced);
    let block = bucket.config.get("PublicAccessBlockConfiguration");
    let ignored = block.and_then(|block| block.flag("IgnorePublicAcls")).unwrap_or(false);
    let mut granted = bucket.acl.as_ref().map(|acl| acl.statements_of_bucket(&bucket.name, key, ignored)).unwrap_or_default();
    let object = key.and_then(|key| Some((key, bucket.latest(key)?.attributes.acl.as_ref()?)));
    granted.extend(object.map(|(key, acl)| acl.statements_of_object(&bucket.name, key, ignored)).into_iter().flatten());
    if enforced || granted.is_empty() {
        return None;
    }
    let policy = bucket.policy.as_ref().and_then(|policy| serde_json::from_str::<Value>(policy).ok());
    let statements: Vec<Value> = match policy.as_ref().and_then(|policy| policy.get("Statement")) {
        Some(Value::Array(statements)) => statements.iter().cloned().chain(granted).collect(),
        Some(one) => std::iter::once(one.clone()).chain(granted).collect(),
        None => granted,
    };
    let version = policy.as_ref().and_then(|policy| policy.get("Version")).cloned().unwrap_or_else(|| json!("2012-10-17"));
    Some(PolicyDocument::of_resource(json!({"Version": version, "Statement": statements}).to_string()))
}

/// The object that a copy reads, with or without a version.
pub(super) fn copy_sources(kind: &str, input: &Value) -> Vec<String> {
    let source = input.text("CopySource").unwrap_or_default().trim_start_matches('/');
    let (object, version) = source.split_once("?versionId=").map_or((source, None), |(object, version)| (object, Some(version)));
    let object = object.replace('+', " ");
    let object = percent_encoding::percent_decode_str(&object).decode_utf8_lossy().into_owned();
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
