//! KMS.

use crate::native::probe::{Probe, once, probe};

const KEY: &[&str] = &["AWS::KMS::Key"];

const DESCRIBE_KEY: (&str, &str, &str) = ("kms", "DescribeKey", r#"{"KeyId":"$id"}"#);

pub(super) const ASPECTS: &[Probe] =
    &[
        probe(KEY, &["Description"], DESCRIBE_KEY, "KeyMetadata/Description").mended(&[once(
            "kms",
            "UpdateKeyDescription",
            r#"{"KeyId":"$id","Description":"$want"}"#,
        )]),
        probe(KEY, &["Enabled"], DESCRIBE_KEY, "KeyMetadata/Enabled"),
        probe(KEY, &["KeySpec"], DESCRIBE_KEY, "KeyMetadata/KeySpec"),
        probe(KEY, &["KeyUsage"], DESCRIBE_KEY, "KeyMetadata/KeyUsage"),
        probe(KEY, &["MultiRegion"], DESCRIBE_KEY, "KeyMetadata/MultiRegion"),
        probe(KEY, &["EnableKeyRotation"], ("kms", "GetKeyRotationStatus", r#"{"KeyId":"$id"}"#), "KeyRotationEnabled")
            .mended(&[once("kms", "EnableKeyRotation", r#"{"KeyId":"$id"}"#)]),
        probe(KEY, &["KeyPolicy"], ("kms", "GetKeyPolicy", r#"{"KeyId":"$id","PolicyName":"default"}"#), "Policy")
            .mended(&[once("kms", "PutKeyPolicy", r#"{"KeyId":"$id","PolicyName":"default","Policy":"$want"}"#)]),
        probe(KEY, &["Tags"], ("kms", "ListResourceTags", r#"{"KeyId":"$id"}"#), "Tags").mended(&[once(
            "kms",
            "TagResource",
            r#"{"KeyId":"$id","Tags":"$want"}"#,
        )]),
        probe(
            &["AWS::KMS::Alias"],
            &["AliasName", "TargetKeyId"],
            ("kms", "ListAliases", "{}"),
            "Aliases/[AliasName=$id]/TargetKeyId",
        )
        .mended(&[once("kms", "UpdateAlias", r#"{"AliasName":"$id","TargetKeyId":"$TargetKeyId"}"#)]),
    ];
