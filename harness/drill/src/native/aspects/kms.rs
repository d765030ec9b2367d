//! KMS.

use crate::native::aspect::{Aspect, of, once};

const KEY: &[&str] = &["AWS::KMS::Key"];

const DESCRIBE_KEY: (&str, &str, &str) = ("kms", "DescribeKey", r#"{"KeyId":"$id"}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(KEY, &["Description"], DESCRIBE_KEY, "KeyMetadata/Description").mended(&[once(
        "kms",
        "UpdateKeyDescription",
        r#"{"KeyId":"$id","Description":"$want"}"#,
    )]),
    of(KEY, &["Enabled"], DESCRIBE_KEY, "KeyMetadata/Enabled"),
    of(KEY, &["KeySpec"], DESCRIBE_KEY, "KeyMetadata/KeySpec"),
    of(KEY, &["KeyUsage"], DESCRIBE_KEY, "KeyMetadata/KeyUsage"),
    of(KEY, &["MultiRegion"], DESCRIBE_KEY, "KeyMetadata/MultiRegion"),
    of(KEY, &["EnableKeyRotation"], ("kms", "GetKeyRotationStatus", r#"{"KeyId":"$id"}"#), "KeyRotationEnabled").mended(&[once(
        "kms",
        "EnableKeyRotation",
        r#"{"KeyId":"$id"}"#,
    )]),
    of(KEY, &["KeyPolicy"], ("kms", "GetKeyPolicy", r#"{"KeyId":"$id","PolicyName":"default"}"#), "Policy").mended(&[once(
        "kms",
        "PutKeyPolicy",
        r#"{"KeyId":"$id","PolicyName":"default","Policy":"$want"}"#,
    )]),
    of(KEY, &["Tags"], ("kms", "ListResourceTags", r#"{"KeyId":"$id"}"#), "Tags").mended(&[once(
        "kms",
        "TagResource",
        r#"{"KeyId":"$id","Tags":"$want"}"#,
    )]),
    of(&["AWS::KMS::Alias"], &["AliasName", "TargetKeyId"], ("kms", "ListAliases", "{}"), "Aliases/[AliasName=$id]/TargetKeyId")
        .mended(&[once("kms", "UpdateAlias", r#"{"AliasName":"$id","TargetKeyId":"$TargetKeyId"}"#)]),
];
