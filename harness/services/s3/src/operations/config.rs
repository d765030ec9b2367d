//! Configuration subresources of a bucket. Each is kept as the document it came in.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::Call;
use nightproof_iam_policy::is_public;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::cors::Cors;
use crate::document::{flag, list, set, text};
use crate::error::{invalid_request, malformed_xml, not_implemented};
use crate::operations::tagging;
use crate::policy;
use crate::records::{Bucket, S3, State};

impl Bucket {
    /// Whether access control lists are off.
    pub(crate) fn owner_enforced(&self) -> bool {
        self.config.get("OwnershipControls").is_some_and(owner_enforced)
    }

    /// Whether who asks pays.
    pub(crate) fn requester_pays(&self) -> bool {
        self.config.get("RequestPaymentConfiguration").and_then(|config| text(config, "Payer")) == Some("Requester")
    }

    /// A setting of the bucket's public access block.
    pub(crate) fn blocks(&self, setting: &str) -> bool {
        self.config.get("PublicAccessBlockConfiguration").and_then(|block| flag(block, setting)).unwrap_or(false)
    }
}

/// Whether these `OwnershipControls` turn access control lists off.
pub(crate) fn owner_enforced(controls: &Value) -> bool {
    list(controls, "Rules").first().and_then(|rule| text(rule, "ObjectOwnership")) == Some("BucketOwnerEnforced")
}

fn missing(code: &str, message: &str, bucket: &Bucket) -> AwsError {
    AwsError::new(code, 404, message).with("BucketName", bucket.name.as_str())
}

impl S3 {
    /// Get, Put and Delete of configuration subresources; `None` for another operation.
    pub(crate) fn config(&self, call: &Call, operation: &str, input: &Value) -> Option<Result<Value, AwsError>> {
        let mut state = self.state();
        let result = match operation {
            "GetBucketEncryption" => stored(&mut state, input, "ServerSideEncryptionConfiguration", |config, _| {
                Ok(json!({"ServerSideEncryptionConfiguration": config}))
            }),
            "PutBucketEncryption" => put_encryption(&mut state, input),
            "DeleteBucketEncryption" => state.bucket(input).map(|bucket| {
                // What is left is the encryption that every bucket has.
                bucket.config.insert(
                    "ServerSideEncryptionConfiguration",
                    json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]}),
                );
                json!({})
            }),
            "GetBucketVersioning" => state.bucket(input).map(|bucket| bucket.config.get("VersioningConfiguration").cloned().unwrap_or(json!({}))),
            "PutBucketVersioning" => put_versioning(&mut state, input),
            "GetBucketPolicy" => stored_policy(&mut state, input).map(|policy| json!({"Policy": &*policy})),
            "PutBucketPolicy" => put_policy(&mut state, call, input),
            "DeleteBucketPolicy" => state.bucket(input).map(|bucket| {
                bucket.policy = None;
                json!({})
            }),
            "GetBucketPolicyStatus" => stored_policy(&mut state, input)
                .map(|policy| json!({"PolicyStatus": {"IsPublic": is_public(&policy)}})),
            "GetPublicAccessBlock" => stored(&mut state, input, "PublicAccessBlockConfiguration", |config, _| {
                Ok(json!({"PublicAccessBlockConfiguration": config}))
            }),
            "PutPublicAccessBlock" => put_public_access_block(&mut state, input),
            "DeletePublicAccessBlock" => remove(&mut state, input, "PublicAccessBlockConfiguration"),
            "GetBucketLogging" => state.bucket(input).map(|bucket| match bucket.config.get("LoggingEnabled") {
                Some(enabled) => json!({"LoggingEnabled": enabled}),
                None => json!({}),
            }),
            "PutBucketLogging" => put_logging(&mut state, input),
            "GetBucketTagging" => stored(&mut state, input, "TagSet", |tags, _| Ok(json!({"TagSet": tags}))),
            "PutBucketTagging" => put_tagging(&mut state, call, input),
            "DeleteBucketTagging" => delete_tagging(&mut state, call, input),
            "GetBucketOwnershipControls" => {
                stored(&mut state, input, "OwnershipControls", |controls, _| Ok(json!({"OwnershipControls": controls})))
            }
            "PutBucketOwnershipControls" => put_ownership(&mut state, input),
            "DeleteBucketOwnershipControls" => remove(&mut state, input, "OwnershipControls"),
            "GetBucketLifecycleConfiguration" => stored(&mut state, input, "LifecycleConfiguration", |config, _| {
                Ok(json!({"Rules": config.get("Rules"), "TransitionDefaultMinimumObjectSize": config.get("TransitionDefaultMinimumObjectSize")}))
            }),
            "PutBucketLifecycleConfiguration" => crate::lifecycle::put(&mut state, input),
            "DeleteBucketLifecycle" => remove(&mut state, input, "LifecycleConfiguration"),
            "GetBucketNotificationConfiguration" => state.bucket(input).map(|bucket| {
                bucket.config.get("NotificationConfiguration").cloned().unwrap_or(json!({}))
            }),
            "GetBucketCors" => stored(&mut state, input, "CORSConfiguration", |config, _| Ok(config.clone())),
            "PutBucketCors" => put_cors(&mut state, input),
            "DeleteBucketCors" => state.bucket(input).map(|bucket| {
                bucket.config.remove("CORSConfiguration");
                bucket.cors = None;
                json!({})
            }),
            "GetBucketWebsite" => absent(
                &mut state,
                input,
                "NoSuchWebsiteConfiguration",
                "The specified bucket does not have a website configuration",
            ),
            "GetBucketReplication" => absent(
                &mut state,
                input,
                "ReplicationConfigurationNotFoundError",
                "The replication configuration was not found",
            ),
            "GetObjectLockConfiguration" => stored(&mut state, input, "ObjectLockConfiguration", |config, _| {
                Ok(json!({"ObjectLockConfiguration": config}))
            }),
            // Nothing is there to delete, since nothing can be put.
            "DeleteBucketWebsite" | "DeleteBucketReplication" => state.bucket(input).map(|_| json!({})),
            "GetBucketRequestPayment" => state.bucket(input).map(|bucket| {
                json!({"Payer": if bucket.requester_pays() { "Requester" } else { "BucketOwner" }})
            }),
            "PutBucketRequestPayment" => put_request_payment(&mut state, input),
            "GetBucketAccelerateConfiguration" => state.bucket(input).map(|bucket| {
                bucket.config.get("AccelerateConfiguration").cloned().unwrap_or(json!({}))
            }),
            "PutBucketAccelerateConfiguration" => put_acceleration(&mut state, input),
            _ => return None,
        };
        drop(state);
        Some(result)
    }
}

fn stored(
    state: &mut State,
    input: &Value,
    member: &'static str,
    answer: impl FnOnce(&Value, &Bucket) -> Result<Value, AwsError>,
) -> Result<Value, AwsError> {
    let bucket = state.bucket(input)?;
    let Some(config) = bucket.config.get(member) else {
        let (code, message) = match member {
            "PublicAccessBlockConfiguration" => {
                ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
            }
            "TagSet" => ("NoSuchTagSet", "The TagSet does not exist"),
            "OwnershipControls" => ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
            "ObjectLockConfiguration" => {
                ("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
            }
            "CORSConfiguration" => ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
            "LifecycleConfiguration" => ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
            _ => ("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found"),
        };
        return Err(missing(code, message, bucket));
    };
    answer(config, bucket)
}

fn stored_policy(state: &mut State, input: &Value) -> Result<PolicyDocument, AwsError> {
    let bucket = state.bucket(input)?;
    bucket.policy.clone().ok_or_else(|| missing("NoSuchBucketPolicy", "The bucket policy does not exist", bucket))
}

fn absent(state: &mut State, input: &Value, code: &str, message: &str) -> Result<Value, AwsError> {
    let bucket = state.bucket(input)?;
    Err(missing(code, message, bucket))
}

fn remove(state: &mut State, input: &Value, member: &'static str) -> Result<Value, AwsError> {
    state.bucket(input)?.config.remove(member);
    Ok(json!({}))
}

fn put_encryption(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let bucket = state.bucket(input)?;
    let config = S3::payload(input, "ServerSideEncryptionConfiguration")?;
    let [rule] = list(config, "Rules") else { return Err(malformed_xml()) };
    let applied = rule.get("ApplyServerSideEncryptionByDefault").ok_or_else(malformed_xml)?;
    let key = text(applied, "KMSMasterKeyID");
    match text(applied, "SSEAlgorithm") {
        Some("AES256") if key.is_some() => {
            return Err(AwsError::new(
                "InvalidArgument",
                400,
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            )
            .with("ArgumentName", "ApplyServerSideEncryptionByDefault"));
        }
        Some("AES256" | "aws:kms") => {}
        Some("aws:kms:dsse") => return Err(not_implemented("dual-layer encryption (aws:kms:dsse)")),
        _ => return Err(malformed_xml()),
    }
    if rule.get("BlockedEncryptionTypes").is_some_and(|blocked| {
        list(blocked, "EncryptionType").iter().any(|kind| !matches!(kind.as_str(), Some("NONE" | "SSE-C")))
    }) {
        return Err(malformed_xml());
    }
    let mut rule = rule.clone();
    if flag(&rule, "BucketKeyEnabled").is_none() {
        set(&mut rule, "BucketKeyEnabled", json!(false));
    }
    bucket.encryption_chosen = true;
    bucket.config.insert("ServerSideEncryptionConfiguration", json!({"Rules": [rule]}));
    Ok(json!({}))
}

fn put_versioning(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let config = S3::payload(input, "VersioningConfiguration")?;
    let bucket = state.bucket(input)?;
    let status = match text(config, "Status") {
        Some(status @ ("Enabled" | "Suspended")) => status,
        Some(_) => return Err(malformed_xml()),
        None => {
            return Err(AwsError::new(
                "IllegalVersioningConfigurationException",
                400,
                "The Versioning element must be specified",
            ));
        }
    };
    if text(config, "MFADelete") == Some("Enabled") {
        return Err(not_implemented("MFA delete"));
    }
    if bucket.has_object_lock() && status != "Enabled" {
        let message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.";
        return Err(AwsError::new("InvalidBucketState", 409, message));
    }
    bucket.config.insert("VersioningConfiguration", json!({"Status": status}));
    Ok(json!({}))
}

fn put_request_payment(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let bucket = state.bucket(input)?;
    let config = S3::payload(input, "RequestPaymentConfiguration")?;
    if !matches!(text(config, "Payer"), Some("BucketOwner" | "Requester")) {
        return Err(malformed_xml());
    }
    bucket.config.insert("RequestPaymentConfiguration", config.clone());
    Ok(json!({}))
}

/// Nothing here is farther away than anything else: the accelerated endpoint, which clients then use, is as fast as the other one.
fn put_acceleration(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let bucket = state.bucket(input)?;
    let config = S3::payload(input, "AccelerateConfiguration")?;
    if bucket.name.contains('.') {
        let message = "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names";
        return Err(invalid_request(message));
    }
    if !matches!(text(config, "Status"), Some("Enabled" | "Suspended")) {
        return Err(malformed_xml());
    }
    bucket.config.insert("AccelerateConfiguration", config.clone());
    Ok(json!({}))
}

fn put_cors(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let bucket = state.bucket(input)?;
    let document = S3::payload(input, "CORSConfiguration")?;
    let cors: Cors = nightproof_core::operation::read("s3", "PutBucketCors", document.clone())?;
    cors.check()?;
    bucket.config.insert("CORSConfiguration", document.clone());
    bucket.cors = Some(cors);
    Ok(json!({}))
}

fn put_policy(state: &mut State, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let document =
        text(input, "Policy").ok_or_else(|| policy::malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    let bucket = state.bucket(input)?;
    bucket.policy = Some(policy::admit(document, &bucket.name, bucket.blocks("BlockPublicPolicy"), &call.caller)?);
    Ok(json!({}))
}

fn put_public_access_block(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let config = S3::payload(input, "PublicAccessBlockConfiguration")?;
    let bucket = state.bucket(input)?;
    let setting = |name: &str| flag(config, name).unwrap_or(false);
    bucket.config.insert(
        "PublicAccessBlockConfiguration",
        json!({
            "BlockPublicAcls": setting("BlockPublicAcls"),
            "IgnorePublicAcls": setting("IgnorePublicAcls"),
            "BlockPublicPolicy": setting("BlockPublicPolicy"),
            "RestrictPublicBuckets": setting("RestrictPublicBuckets"),
        }),
    );
    Ok(json!({}))
}

fn put_logging(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let status = S3::payload(input, "BucketLoggingStatus")?;
    let account = state.bucket(input)?.account.clone();
    let Some(enabled) = status.get("LoggingEnabled").filter(|enabled| enabled.is_object()) else {
        state.bucket(input)?.config.remove("LoggingEnabled");
        return Ok(json!({}));
    };
    let target = text(enabled, "TargetBucket").unwrap_or_default();
    let refused = |message: &str| Err(AwsError::new("InvalidTargetBucketForLogging", 400, message).with("TargetBucket", target));
    match state.buckets.get(target) {
        None => return refused("The target bucket for logging does not exist"),
        Some(bucket) if bucket.account != account => {
            return refused("The owner for the bucket to be logged and the target bucket must be the same.");
        }
        Some(bucket) if !list(enabled, "TargetGrants").is_empty() && bucket.owner_enforced() => {
            return refused(
                "Target grants are not supported: the target bucket has the bucket owner enforced setting for S3 Object Ownership.",
            );
        }
        Some(_) if !list(enabled, "TargetGrants").is_empty() => return Err(not_implemented("target grants of access logs")),
        Some(_) => {}
    }
    if let Some(format) = enabled.get("TargetObjectKeyFormat") {
        let date = format.get("PartitionedPrefix").map(|partitioned| text(partitioned, "PartitionDateSource"));
        match (format.get("SimplePrefix").is_some(), date) {
            (true, None) | (false, Some(None | Some("EventTime" | "DeliveryTime"))) => {}
            _ => return Err(malformed_xml()),
        }
    }
    let mut enabled = enabled.clone();
    if enabled.get("TargetPrefix").is_none() {
        set(&mut enabled, "TargetPrefix", json!(""));
    }
    state.bucket(input)?.config.insert("LoggingEnabled", enabled);
    Ok(json!({}))
}

fn put_tagging(state: &mut State, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let tags = list(S3::payload(input, "Tagging")?, "TagSet");
    let bucket = state.bucket(input)?;
    tagging::check_of_bucket(call, bucket.config.get("TagSet").and_then(Value::as_array).map_or(&[], Vec::as_slice), tags)?;
    if tags.is_empty() {
        bucket.config.remove("TagSet");
    } else {
        bucket.config.insert("TagSet", json!(tags));
    }
    Ok(json!({}))
}

fn delete_tagging(state: &mut State, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let bucket = state.bucket(input)?;
    let current = bucket.config.get("TagSet").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let left = tagging::undeletable(call, current);
    if left.is_empty() {
        bucket.config.remove("TagSet");
    } else {
        bucket.config.insert("TagSet", json!(left));
    }
    Ok(json!({}))
}

fn put_ownership(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let controls = S3::payload(input, "OwnershipControls")?;
    let bucket = state.bucket(input)?;
    let [rule] = list(controls, "Rules") else { return Err(malformed_xml()) };
    if !matches!(text(rule, "ObjectOwnership"), Some("BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter")) {
        return Err(malformed_xml());
    }
    bucket.config.insert("OwnershipControls", controls.clone());
    Ok(json!({}))
}
