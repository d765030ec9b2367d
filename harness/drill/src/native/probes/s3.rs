//! S3.

use crate::native::probe::{Probe, once, probe};

const BUCKET: &[&str] = &["AWS::S3::Bucket"];

pub(super) const ASPECTS: &[Probe] = &[
    probe(
        BUCKET,
        &["BucketEncryption"],
        ("s3", "GetBucketEncryption", r#"{"Bucket":"$id"}"#),
        "ServerSideEncryptionConfiguration",
    )
    .mended(&[once("s3", "PutBucketEncryption", r#"{"Bucket":"$id","ServerSideEncryptionConfiguration":"$want"}"#)]),
    probe(
        BUCKET,
        &["PublicAccessBlockConfiguration"],
        ("s3", "GetPublicAccessBlock", r#"{"Bucket":"$id"}"#),
        "PublicAccessBlockConfiguration",
    )
    .mended(&[once("s3", "PutPublicAccessBlock", r#"{"Bucket":"$id","PublicAccessBlockConfiguration":"$want"}"#)]),
    probe(BUCKET, &["OwnershipControls"], ("s3", "GetBucketOwnershipControls", r#"{"Bucket":"$id"}"#), "OwnershipControls")
        .mended(&[once("s3", "PutBucketOwnershipControls", r#"{"Bucket":"$id","OwnershipControls":"$want"}"#)]),
    probe(BUCKET, &["VersioningConfiguration"], ("s3", "GetBucketVersioning", r#"{"Bucket":"$id"}"#), "Status").mended(&[once(
        "s3",
        "PutBucketVersioning",
        r#"{"Bucket":"$id","VersioningConfiguration":{"Status":"$want"}}"#,
    )]),
    probe(BUCKET, &["LifecycleConfiguration"], ("s3", "GetBucketLifecycleConfiguration", r#"{"Bucket":"$id"}"#), "Rules").mended(
        &[once("s3", "PutBucketLifecycleConfiguration", r#"{"Bucket":"$id","LifecycleConfiguration":{"Rules":"$want"}}"#)],
    ),
    probe(BUCKET, &["LoggingConfiguration"], ("s3", "GetBucketLogging", r#"{"Bucket":"$id"}"#), "LoggingEnabled")
        .mended(&[once("s3", "PutBucketLogging", r#"{"Bucket":"$id","BucketLoggingStatus":{"LoggingEnabled":"$want"}}"#)]),
    probe(BUCKET, &["Tags"], ("s3", "GetBucketTagging", r#"{"Bucket":"$id"}"#), "TagSet").mended(&[once(
        "s3",
        "PutBucketTagging",
        r#"{"Bucket":"$id","Tagging":{"TagSet":"$want"}}"#,
    )]),
    probe(
        &["AWS::S3::BucketPolicy"],
        &["Bucket", "PolicyDocument"],
        ("s3", "GetBucketPolicy", r#"{"Bucket":"$Bucket"}"#),
        "Policy",
    )
    .mended(&[once("s3", "PutBucketPolicy", r#"{"Bucket":"$Bucket","Policy":"$want"}"#)]),
];
