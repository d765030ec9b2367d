//! Configuration subresources of a bucket. Each is kept as the document it came in.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::Call;
use nightproof_iam_policy::is_public;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cors::Cors;
use crate::document::{flag, list, payload, set, text};
use crate::error::{invalid_request, malformed_xml, not_implemented};
use crate::input::{DocumentDigest, NoMfa, OnBucket, Text};
use crate::lifecycle::PutBucketLifecycleConfiguration;
use crate::location::GLOBAL_REGION;
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

inputs! {
    /// `GetBucketEncryption` and all that names nothing but a bucket.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html>
    BucketAlone {
        on: OnBucket;
    }
    /// `PutBucketEncryption`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html>
    PutBucketEncryption {
        on: OnBucket | DocumentDigest;
        server_side_encryption_configuration: Option<Value>,
    }
    /// `PutBucketVersioning`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>
    PutBucketVersioning {
        on: OnBucket | DocumentDigest, NoMfa;
        versioning_configuration: Option<Value>,
    }
    /// `PutBucketPolicy`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>
    PutBucketPolicy {
        on: OnBucket | DocumentDigest, NoLockout;
        policy: Text,
    }
    /// `PutPublicAccessBlock`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html>
    PutPublicAccessBlock {
        on: OnBucket | DocumentDigest;
        public_access_block_configuration: Option<Value>,
    }
    /// `PutBucketLogging`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html>
    PutBucketLogging {
        on: OnBucket | DocumentDigest;
        bucket_logging_status: Option<Value>,
    }
    /// `PutBucketTagging`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html>
    PutBucketTagging {
        on: OnBucket | DocumentDigest;
        tagging: Option<Value>,
    }
    /// `PutBucketOwnershipControls`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html>
    PutBucketOwnershipControls {
        on: OnBucket | DocumentDigest;
        ownership_controls: Option<Value>,
    }
    /// `PutBucketCors`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html>
    PutBucketCors {
        on: OnBucket | DocumentDigest;
        #[serde(rename = "CORSConfiguration")]
        cors_configuration: Option<Value>,
    }
    /// `PutBucketRequestPayment`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html>
    PutBucketRequestPayment {
        on: OnBucket | DocumentDigest;
        request_payment_configuration: Option<Value>,
    }
    /// `PutBucketAccelerateConfiguration`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAccelerateConfiguration.html>
    PutBucketAccelerateConfiguration {
        on: OnBucket | DocumentDigest;
        accelerate_configuration: Option<Value>,
    }
}

/// Who puts a policy by which they may not put another one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NoLockout {
    #[expect(dead_code, reason = "the account's root user may always put another one, and others are not warned")]
    confirm_remove_self_bucket_access: Option<bool>,
}

impl S3 {
    /// Shows a configuration of a bucket, or removes it.
    pub(crate) fn config(&self, call: &Call, operation: &str, input: &BucketAlone) -> Result<Value, AwsError> {
        let on = &input.on;
        let mut state = self.state();
        match operation {
            "GetBucketEncryption" => stored(&mut state, on, "ServerSideEncryptionConfiguration", |config, _| {
                Ok(json!({"ServerSideEncryptionConfiguration": config}))
            }),
            "DeleteBucketEncryption" => state.bucket(on).map(|bucket| {
                // What is left is the encryption that every bucket has.
                bucket.config.insert(
                    "ServerSideEncryptionConfiguration",
                    json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]}),
                );
                json!({})
            }),
            "GetBucketVersioning" => state.bucket(on).map(|bucket| bucket.config.get("VersioningConfiguration").cloned().unwrap_or(json!({}))),
            "GetBucketPolicy" => stored_policy(&mut state, on).map(|policy| json!({"Policy": &*policy})),
            "DeleteBucketPolicy" => state.bucket(on).map(|bucket| {
                bucket.policy = None;
                json!({})
            }),
            "GetBucketPolicyStatus" => stored_policy(&mut state, on)
                .map(|policy| json!({"PolicyStatus": {"IsPublic": is_public(&policy)}})),
            "GetPublicAccessBlock" => stored(&mut state, on, "PublicAccessBlockConfiguration", |config, _| {
                Ok(json!({"PublicAccessBlockConfiguration": config}))
            }),
            "DeletePublicAccessBlock" => remove(&mut state, on, "PublicAccessBlockConfiguration"),
            "GetBucketLogging" => state.bucket(on).map(|bucket| match bucket.config.get("LoggingEnabled") {
                Some(enabled) => json!({"LoggingEnabled": enabled}),
                None => json!({}),
            }),
            "GetBucketTagging" => stored(&mut state, on, "TagSet", |tags, _| Ok(json!({"TagSet": tags}))),
            "DeleteBucketTagging" => delete_tagging(&mut state, call, on),
            "GetBucketOwnershipControls" => {
                stored(&mut state, on, "OwnershipControls", |controls, _| Ok(json!({"OwnershipControls": controls})))
            }
            "DeleteBucketOwnershipControls" => remove(&mut state, on, "OwnershipControls"),
            "GetBucketLifecycleConfiguration" => stored(&mut state, on, "LifecycleConfiguration", |config, _| {
                Ok(json!({"Rules": config.get("Rules"), "TransitionDefaultMinimumObjectSize": config.get("TransitionDefaultMinimumObjectSize")}))
            }),
            "DeleteBucketLifecycle" => remove(&mut state, on, "LifecycleConfiguration"),
            "GetBucketNotificationConfiguration" => state.bucket(on).map(|bucket| {
                bucket.config.get("NotificationConfiguration").cloned().unwrap_or(json!({}))
            }),
            "GetBucketCors" => stored(&mut state, on, "CORSConfiguration", |config, _| Ok(config.clone())),
            "DeleteBucketCors" => state.bucket(on).map(|bucket| {
                bucket.config.remove("CORSConfiguration");
                bucket.cors = None;
                json!({})
            }),
            "GetBucketWebsite" => absent(
                &mut state,
                on,
                "NoSuchWebsiteConfiguration",
                "The specified bucket does not have a website configuration",
            ),
            "GetBucketReplication" => stored(&mut state, on, "ReplicationConfiguration", |config, _| {
                Ok(json!({"ReplicationConfiguration": config}))
            }),
            "DeleteBucketReplication" => state.bucket(on).map(|bucket| {
                bucket.config.remove("ReplicationConfiguration");
                bucket.replication = None;
                json!({})
            }),
            "GetObjectLockConfiguration" => stored(&mut state, on, "ObjectLockConfiguration", |config, _| {
                Ok(json!({"ObjectLockConfiguration": config}))
            }),
            // Nothing is there to delete, since nothing can be put.
            "DeleteBucketWebsite" => state.bucket(on).map(|_| json!({})),
            "GetBucketRequestPayment" => state.bucket(on).map(|bucket| {
                json!({"Payer": if bucket.requester_pays() { "Requester" } else { "BucketOwner" }})
            }),
            "GetBucketAccelerateConfiguration" => state.bucket(on).map(|bucket| {
                bucket.config.get("AccelerateConfiguration").cloned().unwrap_or(json!({}))
            }),
            other => Err(not_implemented(other)),
        }
    }

    pub(crate) fn put_encryption(&self, input: &PutBucketEncryption) -> Result<Value, AwsError> {
        put_encryption(&mut self.state(), input)
    }

    pub(crate) fn put_versioning(&self, input: &PutBucketVersioning) -> Result<Value, AwsError> {
        put_versioning(&mut self.state(), input)
    }

    pub(crate) fn put_policy(&self, call: &Call, input: &PutBucketPolicy) -> Result<Value, AwsError> {
        put_policy(&mut self.state(), call, input)
    }

    pub(crate) fn put_public_access_block(&self, input: &PutPublicAccessBlock) -> Result<Value, AwsError> {
        put_public_access_block(&mut self.state(), input)
    }

    pub(crate) fn put_logging(&self, input: &PutBucketLogging) -> Result<Value, AwsError> {
        put_logging(&mut self.state(), input)
    }

    pub(crate) fn put_tagging(&self, call: &Call, input: &PutBucketTagging) -> Result<Value, AwsError> {
        put_tagging(&mut self.state(), call, input)
    }

    pub(crate) fn put_ownership(&self, input: &PutBucketOwnershipControls) -> Result<Value, AwsError> {
        put_ownership(&mut self.state(), input)
    }

    pub(crate) fn put_cors(&self, input: &PutBucketCors) -> Result<Value, AwsError> {
        put_cors(&mut self.state(), input)
    }

    pub(crate) fn put_request_payment(&self, input: &PutBucketRequestPayment) -> Result<Value, AwsError> {
        put_request_payment(&mut self.state(), input)
    }

    pub(crate) fn put_acceleration(&self, input: &PutBucketAccelerateConfiguration) -> Result<Value, AwsError> {
        put_acceleration(&mut self.state(), input)
    }

    pub(crate) fn put_lifecycle(&self, input: &PutBucketLifecycleConfiguration) -> Result<Value, AwsError> {
        crate::lifecycle::put(&mut self.state(), input)
    }
}

fn stored(
    state: &mut State,
    on: &OnBucket,
    member: &'static str,
    answer: impl FnOnce(&Value, &Bucket) -> Result<Value, AwsError>,
) -> Result<Value, AwsError> {
    let bucket = state.bucket(on)?;
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
            "ReplicationConfiguration" => {
                ("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
            }
            "CORSConfiguration" => ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
            "LifecycleConfiguration" => ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
            _ => ("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found"),
        };
        return Err(missing(code, message, bucket));
    };
    answer(config, bucket)
}

fn stored_policy(state: &mut State, on: &OnBucket) -> Result<PolicyDocument, AwsError> {
    let bucket = state.bucket(on)?;
    bucket.policy.clone().ok_or_else(|| missing("NoSuchBucketPolicy", "The bucket policy does not exist", bucket))
}

fn absent(state: &mut State, on: &OnBucket, code: &str, message: &str) -> Result<Value, AwsError> {
    let bucket = state.bucket(on)?;
    Err(missing(code, message, bucket))
}

fn remove(state: &mut State, on: &OnBucket, member: &'static str) -> Result<Value, AwsError> {
    state.bucket(on)?.config.remove(member);
    Ok(json!({}))
}

fn put_encryption(state: &mut State, input: &PutBucketEncryption) -> Result<Value, AwsError> {
    let bucket = state.bucket(&input.on)?;
    let config = payload(&input.server_side_encryption_configuration)?;
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

fn put_versioning(state: &mut State, input: &PutBucketVersioning) -> Result<Value, AwsError> {
    let config = payload(&input.versioning_configuration)?;
    let bucket = state.bucket(&input.on)?;
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

fn put_request_payment(state: &mut State, input: &PutBucketRequestPayment) -> Result<Value, AwsError> {
    let bucket = state.bucket(&input.on)?;
    let config = payload(&input.request_payment_configuration)?;
    if !matches!(text(config, "Payer"), Some("BucketOwner" | "Requester")) {
        return Err(malformed_xml());
    }
    bucket.config.insert("RequestPaymentConfiguration", config.clone());
    Ok(json!({}))
}

/// Nothing here is farther away than anything else: the accelerated endpoint, which clients then use, is as fast as the other one.
fn put_acceleration(state: &mut State, input: &PutBucketAccelerateConfiguration) -> Result<Value, AwsError> {
    let bucket = state.bucket(&input.on)?;
    let config = payload(&input.accelerate_configuration)?;
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

fn put_cors(state: &mut State, input: &PutBucketCors) -> Result<Value, AwsError> {
    let bucket = state.bucket(&input.on)?;
    let document = payload(&input.cors_configuration)?;
    let cors: Cors = nightproof_core::operation::read("s3", "PutBucketCors", document.clone())?;
    cors.check()?;
    bucket.config.insert("CORSConfiguration", document.clone());
    bucket.cors = Some(cors);
    Ok(json!({}))
}

fn put_policy(state: &mut State, call: &Call, input: &PutBucketPolicy) -> Result<Value, AwsError> {
    let document =
        input.policy.get().ok_or_else(|| policy::malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    let bucket = state.bucket(&input.on)?;
    bucket.policy = Some(policy::admit(document, &bucket.name, bucket.blocks("BlockPublicPolicy"), &call.caller)?);
    Ok(json!({}))
}

fn put_public_access_block(state: &mut State, input: &PutPublicAccessBlock) -> Result<Value, AwsError> {
    let config = payload(&input.public_access_block_configuration)?;
    let bucket = state.bucket(&input.on)?;
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

fn put_logging(state: &mut State, input: &PutBucketLogging) -> Result<Value, AwsError> {
    let status = payload(&input.bucket_logging_status)?;
    let source = state.bucket(&input.on)?;
    let (account, region) = (source.account.clone(), source.region.clone());
    let Some(enabled) = status.get("LoggingEnabled").filter(|enabled| enabled.is_object()) else {
        state.bucket(&input.on)?.config.remove("LoggingEnabled");
        return Ok(json!({}));
    };
    let target = text(enabled, "TargetBucket").unwrap_or_default();
    let refused = |message: &str| Err(AwsError::new("InvalidTargetBucketForLogging", 400, message).with("TargetBucket", target));
    match state.buckets.get(target) {
        None => return refused("The target bucket for logging does not exist"),
        Some(bucket) if bucket.account != account => {
            return refused("The owner for the bucket to be logged and the target bucket must be the same.");
        }
        Some(bucket) if bucket.region != region => {
            let error = AwsError::new("CrossLocationLoggingProhibitted", 403, "Cross S3 location logging not allowed. ")
                .with("TargetBucketLocation", bucket.region.as_str());
            return Err(if region == GLOBAL_REGION { error } else { error.with("SourceBucketLocation", region) });
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
    state.bucket(&input.on)?.config.insert("LoggingEnabled", enabled);
    Ok(json!({}))
}

fn put_tagging(state: &mut State, call: &Call, input: &PutBucketTagging) -> Result<Value, AwsError> {
    let tags = list(payload(&input.tagging)?, "TagSet");
    let bucket = state.bucket(&input.on)?;
    tagging::check_of_bucket(call, bucket.config.get("TagSet").and_then(Value::as_array).map_or(&[], Vec::as_slice), tags)?;
    if tags.is_empty() {
        bucket.config.remove("TagSet");
    } else {
        bucket.config.insert("TagSet", json!(tags));
    }
    Ok(json!({}))
}

fn delete_tagging(state: &mut State, call: &Call, on: &OnBucket) -> Result<Value, AwsError> {
    let bucket = state.bucket(on)?;
    let current = bucket.config.get("TagSet").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let left = tagging::undeletable(call, current);
    if left.is_empty() {
        bucket.config.remove("TagSet");
    } else {
        bucket.config.insert("TagSet", json!(left));
    }
    Ok(json!({}))
}

fn put_ownership(state: &mut State, input: &PutBucketOwnershipControls) -> Result<Value, AwsError> {
    let controls = payload(&input.ownership_controls)?;
    let bucket = state.bucket(&input.on)?;
    let [rule] = list(controls, "Rules") else { return Err(malformed_xml()) };
    if !matches!(text(rule, "ObjectOwnership"), Some("BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter")) {
        return Err(malformed_xml());
    }
    bucket.config.insert("OwnershipControls", controls.clone());
    Ok(json!({}))
}
