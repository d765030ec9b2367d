//! `AWS::S3::Bucket`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, tag_list};
use serde_json::{Map, Value, json};

use super::{bucket_property, property_form};
use crate::arn::arn;
use crate::location::GLOBAL_REGION;

pub(super) struct Bucket;

#[async_trait]
impl ResourceProvider for Bucket {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AccelerateConfiguration",
                    "AccessControl",
                    "BucketEncryption",
                    "BucketName",
                    "CorsConfiguration",
                    "LifecycleConfiguration",
                    "LoggingConfiguration",
                    "NotificationConfiguration",
                    "ObjectLockConfiguration",
                    "ObjectLockEnabled",
                    "OwnershipControls",
                    "PublicAccessBlockConfiguration",
                    "ReplicationConfiguration",
                    "Tags",
                    "VersioningConfiguration",
                ],
                naming: Some("BucketName"),
                members: MEMBERS,
                recorded: &[
                    "AnalyticsConfigurations",
                    "IntelligentTieringConfigurations",
                    "InventoryConfigurations",
                    "MetricsConfigurations",
                    "WebsiteConfiguration",
                ],
                attributes: &["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"],
                ..ResourceFacts::new("AWS::S3::Bucket")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = match properties.get("BucketName").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => context.name(63).to_lowercase(),
        };
        // In us-east-1 making one's own bucket again succeeds; a stack must not take over, and later delete, a bucket that it did not make.
        if context.call("s3", "HeadBucket", json!({"Bucket": name})).await.is_ok() {
            return Err(format!("{name} already exists"));
        }
        let mut input = json!({"Bucket": name});
        if context.region() != GLOBAL_REGION {
            input["CreateBucketConfiguration"] = json!({"LocationConstraint": context.region()});
        }
        if let Some(list) = properties.get("AccessControl").and_then(Value::as_str) {
            input["ACL"] = bucket_property::canned(list).into();
        }
        if let Some(ownership) = properties.pointer("/OwnershipControls/Rules/0/ObjectOwnership") {
            input["ObjectOwnership"] = ownership.clone();
        }
        if let Some(locked) = properties.get("ObjectLockEnabled") {
            input["ObjectLockEnabledForBucket"] = locked.clone();
        }
        context.make("s3", "CreateBucket", input).await?;
        context.exists(&name);
        configure(context, &name, &Value::Null, properties).await?;
        Ok(MadeResource { physical: name.clone(), attributes: attributes(context, &name), ..MadeResource::default() })
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        configure(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let bucket = &made.physical;
        context.read("s3", "HeadBucket", json!({"Bucket": bucket}), "").await?;
        let mut found = attributes(context, bucket);
        found.insert("BucketName".to_owned(), bucket.as_str().into());
        for (property, operation, pointer, form) in READS {
            let part = context.read_part("s3", operation, json!({"Bucket": bucket}), pointer).await?;
            if !part.is_null() {
                found.insert(property.to_owned(), form(&part));
            }
        }
        let is_locked = found.get("ObjectLockConfiguration").is_some();
        found.insert("ObjectLockEnabled".to_owned(), is_locked.into());
        Ok(found.into())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("s3", "DeleteBucket", json!({"Bucket": made.physical})).await
    }
}

/// What `Fn::GetAtt` returns.
fn attributes(context: &Context, name: &str) -> Map<String, Value> {
    let region = context.region();
    let attributes = [
        ("Arn", arn(name)),
        ("DomainName", format!("{name}.s3.amazonaws.com")),
        ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com")),
        ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com")),
        ("WebsiteURL", format!("http://{name}.s3-website-{region}.amazonaws.com")),
    ];
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// What the answer at a pointer is as a property.
type Form = fn(&Value) -> Value;

/// The operations that read the properties of a bucket, which the answers have at pointers.
const READS: [(&str, &str, &str, Form); 12] = [
    ("AccelerateConfiguration", "GetBucketAccelerateConfiguration", "/Status", |status| json!({"AccelerationStatus": status})),
    ("BucketEncryption", "GetBucketEncryption", "/ServerSideEncryptionConfiguration/Rules", property_form::encryption),
    ("CorsConfiguration", "GetBucketCors", "/CORSRules", property_form::cors),
    ("LifecycleConfiguration", "GetBucketLifecycleConfiguration", "/Rules", property_form::lifecycle),
    ("LoggingConfiguration", "GetBucketLogging", "/LoggingEnabled", property_form::logging),
    ("NotificationConfiguration", "GetBucketNotificationConfiguration", "", property_form::notification),
    ("ObjectLockConfiguration", "GetObjectLockConfiguration", "/ObjectLockConfiguration", Value::clone),
    ("OwnershipControls", "GetBucketOwnershipControls", "/OwnershipControls", Value::clone),
    ("PublicAccessBlockConfiguration", "GetPublicAccessBlock", "/PublicAccessBlockConfiguration", Value::clone),
    ("ReplicationConfiguration", "GetBucketReplication", "/ReplicationConfiguration", property_form::replication),
    ("Tags", "GetBucketTagging", "/TagSet", Value::clone),
    ("VersioningConfiguration", "GetBucketVersioning", "", Value::clone),
];

const MEMBERS: &[(&str, &[&str])] = &[
    (
        "BucketEncryption",
        &[
            "ServerSideEncryptionConfiguration",
            "ServerSideEncryptionConfiguration.BlockedEncryptionTypes",
            "ServerSideEncryptionConfiguration.BlockedEncryptionTypes.EncryptionType",
            "ServerSideEncryptionConfiguration.BucketKeyEnabled",
            "ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault",
            "ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.KMSMasterKeyID",
            "ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.SSEAlgorithm",
        ],
    ),
    (
        "LifecycleConfiguration",
        &[
            "Rules",
            "Rules.AbortIncompleteMultipartUpload",
            "Rules.AbortIncompleteMultipartUpload.DaysAfterInitiation",
            "Rules.ExpirationDate",
            "Rules.ExpirationInDays",
            "Rules.ExpiredObjectDeleteMarker",
            "Rules.Id",
            "Rules.NoncurrentVersionExpiration",
            "Rules.NoncurrentVersionExpiration.NewerNoncurrentVersions",
            "Rules.NoncurrentVersionExpiration.NoncurrentDays",
            "Rules.NoncurrentVersionExpirationInDays",
            "Rules.NoncurrentVersionTransitions",
            "Rules.NoncurrentVersionTransitions.NewerNoncurrentVersions",
            "Rules.NoncurrentVersionTransitions.StorageClass",
            "Rules.NoncurrentVersionTransitions.TransitionInDays",
            "Rules.ObjectSizeGreaterThan",
            "Rules.ObjectSizeLessThan",
            "Rules.Prefix",
            "Rules.Status",
            "Rules.TagFilters",
            "Rules.TagFilters.Key",
            "Rules.TagFilters.Value",
            "Rules.Transition",
            "Rules.Transition.StorageClass",
            "Rules.Transition.TransitionDate",
            "Rules.Transition.TransitionInDays",
            "Rules.Transitions",
            "Rules.Transitions.StorageClass",
            "Rules.Transitions.TransitionDate",
            "Rules.Transitions.TransitionInDays",
        ],
    ),
    ("AccelerateConfiguration", &["AccelerationStatus"]),
    (
        "CorsConfiguration",
        &[
            "CorsRules",
            "CorsRules.AllowedHeaders",
            "CorsRules.AllowedMethods",
            "CorsRules.AllowedOrigins",
            "CorsRules.ExposedHeaders",
            "CorsRules.Id",
            "CorsRules.MaxAge",
        ],
    ),
    ("LoggingConfiguration", &["DestinationBucketName", "LogFilePrefix"]),
    (
        "NotificationConfiguration",
        &[
            "EventBridgeConfiguration",
            "EventBridgeConfiguration.EventBridgeEnabled",
            "LambdaConfigurations",
            "LambdaConfigurations.Event",
            "LambdaConfigurations.Filter",
            "LambdaConfigurations.Filter.S3Key",
            "LambdaConfigurations.Filter.S3Key.Rules",
            "LambdaConfigurations.Filter.S3Key.Rules.Name",
            "LambdaConfigurations.Filter.S3Key.Rules.Value",
            "LambdaConfigurations.Function",
            "QueueConfigurations",
            "QueueConfigurations.Event",
            "QueueConfigurations.Filter",
            "QueueConfigurations.Filter.S3Key",
            "QueueConfigurations.Filter.S3Key.Rules",
            "QueueConfigurations.Filter.S3Key.Rules.Name",
            "QueueConfigurations.Filter.S3Key.Rules.Value",
            "QueueConfigurations.Queue",
            "TopicConfigurations",
            "TopicConfigurations.Event",
            "TopicConfigurations.Filter",
            "TopicConfigurations.Filter.S3Key",
            "TopicConfigurations.Filter.S3Key.Rules",
            "TopicConfigurations.Filter.S3Key.Rules.Name",
            "TopicConfigurations.Filter.S3Key.Rules.Value",
            "TopicConfigurations.Topic",
        ],
    ),
    (
        "ObjectLockConfiguration",
        &[
            "ObjectLockEnabled",
            "Rule",
            "Rule.DefaultRetention",
            "Rule.DefaultRetention.Days",
            "Rule.DefaultRetention.Mode",
            "Rule.DefaultRetention.Years",
        ],
    ),
    ("OwnershipControls", &["Rules", "Rules.ObjectOwnership"]),
    ("PublicAccessBlockConfiguration", &["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]),
    (
        "ReplicationConfiguration",
        &[
            "Role",
            "Rules",
            "Rules.DeleteMarkerReplication",
            "Rules.DeleteMarkerReplication.Status",
            "Rules.Destination",
            "Rules.Destination.AccessControlTranslation",
            "Rules.Destination.AccessControlTranslation.Owner",
            "Rules.Destination.Account",
            "Rules.Destination.Bucket",
            "Rules.Destination.EncryptionConfiguration",
            "Rules.Destination.EncryptionConfiguration.ReplicaKmsKeyID",
            "Rules.Destination.Metrics",
            "Rules.Destination.Metrics.EventThreshold",
            "Rules.Destination.Metrics.EventThreshold.Minutes",
            "Rules.Destination.Metrics.Status",
            "Rules.Destination.ReplicationTime",
            "Rules.Destination.ReplicationTime.Status",
            "Rules.Destination.ReplicationTime.Time",
            "Rules.Destination.ReplicationTime.Time.Minutes",
            "Rules.Destination.StorageClass",
            "Rules.Filter",
            "Rules.Filter.And",
            "Rules.Filter.And.Prefix",
            "Rules.Filter.And.TagFilters",
            "Rules.Filter.And.TagFilters.Key",
            "Rules.Filter.And.TagFilters.Value",
            "Rules.Filter.Prefix",
            "Rules.Filter.TagFilter",
            "Rules.Filter.TagFilter.Key",
            "Rules.Filter.TagFilter.Value",
            "Rules.Id",
            "Rules.Prefix",
            "Rules.Priority",
            "Rules.SourceSelectionCriteria",
            "Rules.SourceSelectionCriteria.ReplicaModifications",
            "Rules.SourceSelectionCriteria.ReplicaModifications.Status",
            "Rules.SourceSelectionCriteria.SseKmsEncryptedObjects",
            "Rules.SourceSelectionCriteria.SseKmsEncryptedObjects.Status",
            "Rules.Status",
        ],
    ),
    ("VersioningConfiguration", &["Status"]),
];

/// Sets each configuration that differs, and takes away those that are not given any more.
async fn configure(context: &Context, bucket: &str, old: &Value, new: &Value) -> Result<()> {
    for (property, setting) in CONFIGURATIONS {
        let Some((_, given)) = changed(old, new, property) else { continue };
        // The bucket was made with it.
        if old.is_null() && property == "AccessControl" {
            continue;
        }
        let (operation, member, value) = match setting(bucket, given) {
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

/// From the bucket's name and the property, which is null if it is not given any more.
type Read = fn(&str, &Value) -> Setting;

const CONFIGURATIONS: [(&str, Read); 13] = [
    ("PublicAccessBlockConfiguration", |_, given| match given {
        Value::Null => Setting::Delete("DeletePublicAccessBlock"),
        block => Setting::Put("PutPublicAccessBlock", "PublicAccessBlockConfiguration", block.clone()),
    }),
    ("OwnershipControls", |_, given| match given {
        Value::Null => Setting::Delete("DeleteBucketOwnershipControls"),
        controls => Setting::Put("PutBucketOwnershipControls", "OwnershipControls", controls.clone()),
    }),
    ("BucketEncryption", |_, given| encryption(given)),
    ("VersioningConfiguration", |_, given| {
        let given = if given.is_null() { json!({"Status": "Suspended"}) } else { given.clone() };
        Setting::Put("PutBucketVersioning", "VersioningConfiguration", given)
    }),
    ("ReplicationConfiguration", |_, given| match given {
        Value::Null => Setting::Delete("DeleteBucketReplication"),
        given => Setting::Put("PutBucketReplication", "ReplicationConfiguration", bucket_property::replication(given)),
    }),
    ("LifecycleConfiguration", |_, given| match given.get("Rules").and_then(Value::as_array) {
        None => Setting::Delete("DeleteBucketLifecycle"),
        Some(rules) => {
            let rules: Vec<Value> = rules.iter().map(bucket_property::lifecycle_rule).collect();
            Setting::Put("PutBucketLifecycleConfiguration", "LifecycleConfiguration", json!({"Rules": rules}))
        }
    }),
    ("LoggingConfiguration", |bucket, given| {
        let enabled = (!given.is_null()).then(|| {
            let target = given.get("DestinationBucketName").cloned().unwrap_or_else(|| bucket.into());
            let prefix = given.get("LogFilePrefix").cloned().unwrap_or_else(|| "".into());
            json!({"TargetBucket": target, "TargetPrefix": prefix})
        });
        let status = enabled.map_or_else(|| json!({}), |enabled| json!({"LoggingEnabled": enabled}));
        Setting::Put("PutBucketLogging", "BucketLoggingStatus", status)
    }),
    ("AccelerateConfiguration", |_, given| {
        let given =
            if given.is_null() { json!({"Status": "Suspended"}) } else { json!({"Status": given.get("AccelerationStatus")}) };
        Setting::Put("PutBucketAccelerateConfiguration", "AccelerateConfiguration", given)
    }),
    ("AccessControl", |_, given| {
        Setting::Put("PutBucketAcl", "ACL", given.as_str().map_or("private".to_owned(), bucket_property::canned).into())
    }),
    ("CorsConfiguration", |_, given| match given {
        Value::Null => Setting::Delete("DeleteBucketCors"),
        given => Setting::Put("PutBucketCors", "CORSConfiguration", bucket_property::cors(given)),
    }),
    ("NotificationConfiguration", |_, given| {
        Setting::Put("PutBucketNotificationConfiguration", "NotificationConfiguration", bucket_property::notification(given))
    }),
    ("ObjectLockConfiguration", |_, given| {
        let given = if given.is_null() { json!({"ObjectLockEnabled": "Enabled"}) } else { given.clone() };
        Setting::Put("PutObjectLockConfiguration", "ObjectLockConfiguration", given)
    }),
    ("Tags", |_, given| match tag_list(&json!({"Tags": given}), "Key", "Value") {
        Value::Null => Setting::Delete("DeleteBucketTagging"),
        tags => Setting::Put("PutBucketTagging", "Tagging", json!({"TagSet": tags})),
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
