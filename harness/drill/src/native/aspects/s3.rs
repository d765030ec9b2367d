//! S3.

use crate::native::aspect::{Aspect, of, once};

const BUCKET: &[&str] = &["AWS::S3::Bucket"];

pub(super) const ASPECTS: &[Aspect] = &[
    of(BUCKET, &["BucketEncryption"], ("s3", "GetBucketEncryption", r#"{"Bucket":"$id"}"#), "ServerSideEncryptionConfiguration")
        .mended(&[once("s3", "PutBucketEncryption", r#"{"Bucket":"$id","ServerSideEncryptionConfiguration":"$want"}"#)]),
    of(
        BUCKET,
        &["PublicAccessBlockConfiguration"],
        ("s3", "GetPublicAccessBlock", r#"{"Bucket":"$id"}"#),
        "PublicAccessBlockConfiguration",
    )
    .mended(&[once("s3", "PutPublicAccessBlock", r#"{"Bucket":"$id","PublicAccessBlockConfiguration":"$want"}"#)]),
    of(BUCKET, &["OwnershipControls"], ("s3", "GetBucketOwnershipControls", r#"{"Bucket":"$id"}"#), "OwnershipControls")
        .mended(&[once("s3", "PutBucketOwnershipControls", r#"{"Bucket":"$id","OwnershipControls":"$want"}"#)]),
    of(BUCKET, &["VersioningConfiguration"], ("s3", "GetBucketVersioning", r#"{"Bucket":"$id"}"#), "Status").mended(&[once(
        "s3",
        "PutBucketVersioning",
        r#"{"Bucket":"$id","VersioningConfiguration":{"Status":"$want"}}"#,
    )]),
    of(BUCKET, &["LifecycleConfiguration"], ("s3", "GetBucketLifecycleConfiguration", r#"{"Bucket":"$id"}"#), "Rules").mended(&[
        once("s3", "PutBucketLifecycleConfiguration", r#"{"Bucket":"$id","LifecycleConfiguration":{"Rules":"$want"}}"#),
    ]),
    of(BUCKET, &["LoggingConfiguration"], ("s3", "GetBucketLogging", r#"{"Bucket":"$id"}"#), "LoggingEnabled").mended(&[once(
        "s3",
        "PutBucketLogging",
        r#"{"Bucket":"$id","BucketLoggingStatus":{"LoggingEnabled":"$want"}}"#,
    )]),
    of(BUCKET, &["Tags"], ("s3", "GetBucketTagging", r#"{"Bucket":"$id"}"#), "TagSet").mended(&[once(
        "s3",
        "PutBucketTagging",
        r#"{"Bucket":"$id","Tagging":{"TagSet":"$want"}}"#,
    )]),
    of(&["AWS::S3::BucketPolicy"], &["Bucket", "PolicyDocument"], ("s3", "GetBucketPolicy", r#"{"Bucket":"$Bucket"}"#), "Policy")
        .mended(&[once("s3", "PutBucketPolicy", r#"{"Bucket":"$Bucket","Policy":"$want"}"#)]),
];
