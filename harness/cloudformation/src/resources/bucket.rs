//! `AWS::S3::Bucket` and `AWS::S3::BucketPolicy`

use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use super::Result;
use super::context::{Context, changed, made, policy, text, typed};
use super::support::unsupported;
use super::tag;
use crate::stack::MadeResource;

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
        put_policy(context, &bucket, properties).await?;
        context.exists(&bucket);
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
    context.exists(&name);
    configure(context, &name, &Value::Null, properties).await?;
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

async fn put_policy(context: &Context, bucket: &str, properties: &Value) -> Result<()> {
    let input = json!({"Bucket": bucket, "Policy": properties.get("PolicyDocument").map(policy)});
    context.make("s3", "PutBucketPolicy", input).await.map(|_| ())
}

/// Sets each configuration that differs, and takes away those that are not given any more.
async fn configure(context: &Context, bucket: &str, old: &Value, new: &Value) -> Result<()> {
    for (property, value) in CONFIGURATIONS {
        let Some((_, given)) = changed(old, new, property) else { continue };
        let (operation, member, value) = match value(bucket, given)? {
            Setting::Put(operation, member, value) => (operation, member, value),
            Setting::Delete(operation) => {
                context.unmake("s3", operation, json!({"Bucket": bucket})).await?;
                continue;
            }
        };
        let mut input = json!({"Bucket": bucket});
        input[member] = value;
        // A bucket that was just made may be known elsewhere a little later.
        let unknown_yet = |error: &AwsError| old.is_null() && error.code == "NoSuchBucket";
        context.make_once_known("s3", operation, input, unknown_yet).await?;
    }
    Ok(())
}

/// What a property comes to: an operation, the member of its input, and the member's value; or one that deletes.
enum Setting {
    Put(&'static str, &'static str, Value),
    Delete(&'static str),
}

type Read = fn(&str, &Value) -> Result<Setting>;

const CONFIGURATIONS: [(&str, Read); 7] = [
    ("PublicAccessBlockConfiguration", |_, given| {
        Ok(match given {
            Value::Null => Setting::Delete("DeletePublicAccessBlock"),
            block => Setting::Put("PutPublicAccessBlock", "PublicAccessBlockConfiguration", block.clone()),
        })
    }),
    ("OwnershipControls", |_, given| {
        Ok(match given {
            Value::Null => Setting::Delete("DeleteBucketOwnershipControls"),
            controls => Setting::Put("PutBucketOwnershipControls", "OwnershipControls", controls.clone()),
        })
    }),
    ("BucketEncryption", |_, given| Ok(encryption(given))),
    ("VersioningConfiguration", |_, given| {
        let given = if given.is_null() { json!({"Status": "Suspended"}) } else { given.clone() };
        Ok(Setting::Put("PutBucketVersioning", "VersioningConfiguration", given))
    }),
    ("LifecycleConfiguration", |_, given| match given.get("Rules").and_then(Value::as_array) {
        None => Ok(Setting::Delete("DeleteBucketLifecycle")),
        Some(rules) => {
            let rules = rules.iter().map(lifecycle_rule).collect::<Result<Vec<_>>>()?;
            Ok(Setting::Put("PutBucketLifecycleConfiguration", "LifecycleConfiguration", json!({"Rules": rules})))
        }
    }),
    ("LoggingConfiguration", |bucket, given| {
        let enabled = (!given.is_null()).then(|| {
            let target = given.get("DestinationBucketName").cloned().unwrap_or_else(|| bucket.into());
            let prefix = given.get("LogFilePrefix").cloned().unwrap_or_else(|| "".into());
            json!({"TargetBucket": target, "TargetPrefix": prefix})
        });
        let status = enabled.map_or_else(|| json!({}), |enabled| json!({"LoggingEnabled": enabled}));
        Ok(Setting::Put("PutBucketLogging", "BucketLoggingStatus", status))
    }),
    ("Tags", |_, given| {
        let tags = tag::list(&json!({"Tags": given}), "Key", "Value");
        Ok(match tags {
            Value::Null => Setting::Delete("DeleteBucketTagging"),
            tags => Setting::Put("PutBucketTagging", "Tagging", json!({"TagSet": tags})),
        })
    }),
];

fn encryption(given: &Value) -> Setting {
    let Some(rules) = given.get("ServerSideEncryptionConfiguration").and_then(Value::as_array) else {
        return Setting::Delete("DeleteBucketEncryption");
    };
    let renamed = rules.iter().map(|rule| {
        let mut renamed = Map::new();
        for (name, value) in rule.as_object().into_iter().flatten() {
            let name = if name == "ServerSideEncryptionByDefault" { "ApplyServerSideEncryptionByDefault" } else { name };
            renamed.insert(name.to_owned(), value.clone());
        }
        Value::Object(renamed)
    });
    let rules: Vec<Value> = renamed.collect();
    Setting::Put("PutBucketEncryption", "ServerSideEncryptionConfiguration", json!({"Rules": rules}))
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
            other => return Err(unsupported(other)),
        }
    }
    Ok(found)
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    if kind == "AWS::S3::BucketPolicy" {
        put_policy(context, &old.physical, properties).await?;
    } else {
        let (before, after) = (typed(&old.properties, INTEGERS, BOOLEANS), typed(properties, INTEGERS, BOOLEANS));
        configure(context, &old.physical, &before, &after).await?;
    }
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let operation = if kind == "AWS::S3::BucketPolicy" { "DeleteBucketPolicy" } else { "DeleteBucket" };
    context.unmake("s3", operation, json!({"Bucket": made.physical})).await
}
