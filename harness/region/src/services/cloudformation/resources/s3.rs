//! `AWS::S3::…`

use serde_json::{Map, Value, json};

use super::Result;
use super::context::{Context, made, policy, text, typed};
use crate::services::cloudformation::stack::MadeResource;

const INTEGERS: &[&str] = &[
    "ExpirationInDays",
    "NoncurrentDays",
    "NewerNoncurrentVersions",
    "DaysAfterInitiation",
    "TransitionInDays",
    "NoncurrentVersionExpirationInDays",
];
const BOOLEANS: &[&str] = &[
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "IgnorePublicAcls",
    "RestrictPublicBuckets",
    "BucketKeyEnabled",
    "ExpiredObjectDeleteMarker",
];

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    if kind == "AWS::S3::BucketPolicy" {
        let bucket = text(properties, "/Bucket");
        context
            .make("s3", "PutBucketPolicy", json!({"Bucket": bucket, "Policy": properties.get("PolicyDocument").map(policy)}))
            .await?;
        return Ok(made(bucket, []));
    }
    let properties = &typed(properties, INTEGERS, BOOLEANS);
    let name = match properties.get("BucketName").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => context.name(63).to_lowercase(),
    };
    // In us-east-1 making one's own bucket again succeeds; a stack must not take over, and later delete, a bucket that it did not make.
    if context.call("s3", "HeadBucket", json!({"Bucket": name})).await.is_ok() {
        return Err(format!("{name} already exists"));
    }
    context.make("s3", "CreateBucket", json!({"Bucket": name})).await?;
    if let Err(reason) = configure(context, &name, properties).await {
        // Half a bucket is none: nothing is in it yet.
        context.unmake("s3", "DeleteBucket", json!({"Bucket": name})).await?;
        return Err(reason);
    }
    let region = context.region();
    Ok(made(
        &name,
        [
            ("Arn", format!("arn:aws:s3:::{name}").into()),
            ("DomainName", format!("{name}.s3.amazonaws.com").into()),
            ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com").into()),
            ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com").into()),
            ("WebsiteURL", format!("http://{name}.s3-website-{region}.amazonaws.com").into()),
        ],
    ))
}

async fn configure(context: &Context, bucket: &str, properties: &Value) -> Result<()> {
    let mut calls: Vec<(&str, &str, Value)> = Vec::new();
    if let Some(block) = properties.get("PublicAccessBlockConfiguration") {
        calls.push(("PutPublicAccessBlock", "PublicAccessBlockConfiguration", block.clone()));
    }
    if let Some(controls) = properties.get("OwnershipControls") {
        calls.push(("PutBucketOwnershipControls", "OwnershipControls", controls.clone()));
    }
    if let Some(rules) = properties.pointer("/BucketEncryption/ServerSideEncryptionConfiguration").and_then(Value::as_array) {
        let rules: Vec<Value> = rules
            .iter()
            .map(|rule| {
                let mut renamed = Map::new();
                for (name, value) in rule.as_object().into_iter().flatten() {
                    let name = if name == "ServerSideEncryptionByDefault" { "ApplyServerSideEncryptionByDefault" } else { name };
                    renamed.insert(name.to_owned(), value.clone());
                }
                Value::Object(renamed)
            })
            .collect();
        calls.push(("PutBucketEncryption", "ServerSideEncryptionConfiguration", json!({"Rules": rules})));
    }
    if let Some(versioning) = properties.get("VersioningConfiguration") {
        calls.push(("PutBucketVersioning", "VersioningConfiguration", versioning.clone()));
    }
    if let Some(rules) = properties.pointer("/LifecycleConfiguration/Rules").and_then(Value::as_array) {
        let rules = rules.iter().map(lifecycle_rule).collect::<Result<Vec<_>>>()?;
        calls.push(("PutBucketLifecycleConfiguration", "LifecycleConfiguration", json!({"Rules": rules})));
    }
    if let Some(logging) = properties.get("LoggingConfiguration") {
        let target = logging.get("DestinationBucketName").cloned().unwrap_or_else(|| bucket.into());
        let prefix = logging.get("LogFilePrefix").cloned().unwrap_or_else(|| "".into());
        calls.push((
            "PutBucketLogging",
            "BucketLoggingStatus",
            json!({"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": prefix}}),
        ));
    }
    let tags = context.tags(properties);
    if !tags.is_empty() {
        calls.push(("PutBucketTagging", "Tagging", json!({"TagSet": tags})));
    }
    for (operation, member, value) in calls {
        let mut input = json!({"Bucket": bucket});
        input[member] = value;
        context.make("s3", operation, input).await?;
    }
    Ok(())
}

/// A rule as the API has it.
fn lifecycle_rule(rule: &Value) -> Result<Value> {
    let mut found = json!({"Filter": {"Prefix": ""}});
    for (name, value) in rule.as_object().into_iter().flatten() {
        match name.as_str() {
            "Id" => found["ID"] = value.clone(),
            "Status" | "AbortIncompleteMultipartUpload" | "NoncurrentVersionExpiration" => found[name.as_str()] = value.clone(),
            "Prefix" => found["Filter"] = json!({"Prefix": value}),
            "ExpirationInDays" => found["Expiration"] = json!({"Days": value}),
            "ExpiredObjectDeleteMarker" => found["Expiration"] = json!({"ExpiredObjectDeleteMarker": value}),
            "NoncurrentVersionExpirationInDays" => found["NoncurrentVersionExpiration"] = json!({"NoncurrentDays": value}),
            "Transitions" => {
                let transitions = value.as_array().into_iter().flatten();
                let renamed =
                    transitions.map(|one| json!({"StorageClass": one.get("StorageClass"), "Days": one.get("TransitionInDays")}));
                found["Transitions"] = renamed.collect();
            }
            other => return Err(format!("Encountered unsupported property {other} of a lifecycle rule")),
        }
    }
    Ok(found)
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let operation = if kind == "AWS::S3::BucketPolicy" { "DeleteBucketPolicy" } else { "DeleteBucket" };
    context.unmake("s3", operation, json!({"Bucket": made.physical})).await
}
