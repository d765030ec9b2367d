//! What S3 demands of a bucket policy beyond the grammar.

use crate::pattern::{Pattern, Syntax};
use crate::policy::Policy;
use crate::policy_error::PolicyError;
use crate::statement::Statement;

/// Actions on objects.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
const OBJECT_ACTIONS: &[&str] = &[
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionForReplication",
    "GetObjectVersionTagging",
    "GetObjectVersionTorrent",
    "InitiateReplication",
    "ListMultipartUploadParts",
    "ObjectOwnerOverrideToBucketOwner",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
    "ReplicateDelete",
    "ReplicateObject",
    "ReplicateTags",
    "RestoreObject",
    "UpdateObjectEncryption",
];

/// Actions on buckets.
const BUCKET_ACTIONS: &[&str] = &[
    "CreateBucket",
    "CreateBucketMetadataTableConfiguration",
    "DeleteBucket",
    "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketOwnershipControls",
    "DeleteBucketPolicy",
    "DeleteBucketWebsite",
    "GetAccelerateConfiguration",
    "GetAnalyticsConfiguration",
    "GetBucketAbac",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketMetadataTableConfiguration",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration",
    "GetLifecycleConfiguration",
    "GetMetricsConfiguration",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListTagsForResource",
    "PutAccelerateConfiguration",
    "PutAnalyticsConfiguration",
    "PutBucketAbac",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration",
    "PutInventoryConfiguration",
    "PutLifecycleConfiguration",
    "PutMetricsConfiguration",
    "PutReplicationConfiguration",
    "TagResource",
    "UntagResource",
];

/// Refuses, in S3's words (`MalformedPolicy`, 400), actions that are not S3's on buckets or objects, resources outside of `bucket`, and
/// actions for which the statement has no resource: those on objects need `arn:aws:s3:::bucket/…`, those on the bucket
/// `arn:aws:s3:::bucket`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html>
pub fn check_bucket_policy(policy: &Policy, bucket: &str) -> Result<(), PolicyError> {
    policy.statements().iter().try_for_each(|statement| check(statement, bucket))
}

fn check(statement: &Statement, bucket: &str) -> Result<(), PolicyError> {
    let refuse = |message: &str| Err(PolicyError::new(message));
    let wildcards = Syntax { wildcards: true, variables: false };
    let resources = statement.resources.as_ref().map(|resources| &*resources.patterns).unwrap_or_default();
    let (mut on_bucket, mut on_objects) = (false, false);
    for resource in resources {
        let path = resource.source().split_once(":s3:::").map(|(_, path)| path).unwrap_or_default();
        let (name, key) = path.split_once('/').map_or((path, None), |(name, key)| (name, Some(key)));
        if !Pattern::new(name, wildcards).matches_plain(bucket) {
            return refuse("Policy has invalid resource");
        }
        // A `*` at the end of the bucket's name reaches its objects as well.
        on_objects |= key.is_some() || name.ends_with('*');
        on_bucket |= key.is_none();
    }
    for action in &statement.actions.patterns {
        if action.source() == "*" {
            continue;
        }
        let name = action.source().split_once(':').filter(|(service, _)| service.eq_ignore_ascii_case("s3"));
        let Some((_, name)) = name else { return refuse("Policy has invalid action") };
        let name = Pattern::new(name, wildcards);
        let among = |actions: &[&str]| actions.iter().any(|action| name.matches_ignore_ascii_case(action));
        let (of_object, of_bucket) = (among(OBJECT_ACTIONS), among(BUCKET_ACTIONS));
        if !of_object && !of_bucket {
            return refuse("Policy has invalid action");
        }
        // `NotAction` and `NotResource` name what the statement is not about.
        let applies = (of_object && on_objects) || (of_bucket && on_bucket);
        let plain = !statement.actions.negated && statement.resources.as_ref().is_some_and(|resources| !resources.negated);
        if plain && !applies {
            return refuse("Action does not apply to any resource(s) in statement");
        }
    }
    Ok(())
}
