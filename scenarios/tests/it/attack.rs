//! What the roles of a stack can do to its archives, tried.

use nightproof_drill::{AttackEffect, Attempt, Outcome};
use nightproof_scenarios::{Night, Template};

use crate::scenario;

const UPLOAD: &str =
    "            Action: s3:PutObject\n            Resource: !Sub ${BackupBucket.Arn}/backups/*\n          # Decrypt";

fn attacked(template: &Template) -> Night {
    scenario().template(template).expect("a template").with(&["--attack"]).run().expect("a run")
}

fn granting(actions: &str, resource: &str) -> Template {
    let more = format!(
        "            Action: s3:PutObject\n            Resource: !Sub ${{BackupBucket.Arn}}/backups/*\n          - Sid: More\n            Effect: Allow\n            Action: {actions}\n            Resource: {resource}\n          # Decrypt"
    );
    Template::default().replacing(UPLOAD, &more)
}

fn outcome(night: &Night) -> &Outcome {
    night.outcome.as_ref().unwrap_or_else(|| panic!("{night:#?}"))
}

fn of_instances<'a>(night: &'a Night, call: &str) -> &'a Attempt {
    let attempts = &outcome(night).attack.as_ref().unwrap_or_else(|| panic!("{night:#?}")).attempts;
    let found = attempts.iter().find(|attempt| attempt.by.starts_with("InstanceRole") && attempt.call == call);
    found.unwrap_or_else(|| panic!("no {call}: {attempts:#?}"))
}

fn findings<'a>(night: &'a Night, id: &str) -> Vec<&'a str> {
    outcome(night).findings.iter().filter(|finding| finding.id == id).map(|finding| finding.detail.as_str()).collect()
}

#[test]
fn the_bundled_stack_lets_its_instances_hide_an_archive_and_nobody_destroy_one() {
    let night = scenario().with(&["--attack"]).run().expect("a run");
    night.assert_broken("findings", "archive-can-be-hidden: InstanceRole (instances) may s3:PutObject");
    assert!(findings(&night, "archive-can-be-destroyed").is_empty(), "{night:#?}");
    let [hidden] = findings(&night, "archive-can-be-hidden")[..] else { panic!("{night:#?}") };
    assert!(hidden.contains("which the bucket's lifecycle keeps for 14 days"), "{hidden}");
    assert!(hidden.contains("allowed by statement UploadArchives (line "), "{hidden}");
    assert_eq!(outcome(&night).findings.len(), 1, "{night:#?}");
    assert!(outcome(&night).nights[0].archives[0].identical, "{night:#?}");
    let attempts = &outcome(&night).attack.as_ref().unwrap().attempts;
    let operator: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.by == "operator").collect();
    assert!(operator.iter().all(|attempt| attempt.effect != AttackEffect::Untried), "{operator:#?}");
    assert!(operator.iter().any(|attempt| attempt.effect == AttackEffect::Destroyed), "{operator:#?}");
    let of_function = attempts.iter().filter(|attempt| attempt.by == "BackupFunctionRole (function BackupFunction)");
    let through: Vec<&Attempt> = of_function.filter(|attempt| attempt.effect != AttackEffect::Refused).collect();
    assert!(through.is_empty(), "{through:#?}");
}

#[test]
fn a_role_that_may_delete_versions_destroys_the_archive() {
    let night = attacked(&granting("[s3:DeleteObject, s3:DeleteObjectVersion]", "!Sub ${BackupBucket.Arn}/*"));
    assert_eq!(of_instances(&night, "s3:DeleteObject").effect, AttackEffect::Hidden);
    assert_eq!(of_instances(&night, "s3:DeleteObjectVersion").effect, AttackEffect::Destroyed);
    let [destroyed] = findings(&night, "archive-can-be-destroyed")[..] else { panic!("{night:#?}") };
    assert!(destroyed.contains("may s3:DeleteObjectVersion on s3://"), "{destroyed}");
    assert!(destroyed.contains("statement More (line "), "{destroyed}");
}

#[test]
fn without_versions_an_upload_destroys_what_was_there() {
    let template = Template::default().replacing("      VersioningConfiguration:\n        Status: Enabled\n", "");
    let night = attacked(&template);
    assert_eq!(of_instances(&night, "s3:PutObject").effect, AttackEffect::Destroyed);
}

/// Every version is retained for a day.
fn locked(template: Template, mode: &str) -> Template {
    let versioning = "      VersioningConfiguration:\n        Status: Enabled\n";
    let lock = format!(
        "{versioning}      ObjectLockEnabled: true\n      ObjectLockConfiguration:\n        ObjectLockEnabled: Enabled\n        Rule: {{DefaultRetention: {{Mode: {mode}, Days: 1}}}}\n"
    );
    template.replacing(versioning, &lock)
}

#[test]
fn object_lock_withstands_who_may_not_pass_governance_by() {
    let deletes = granting("[s3:DeleteObject, s3:DeleteObjectVersion]", "!Sub ${BackupBucket.Arn}/*");
    let night = attacked(&locked(deletes, "GOVERNANCE"));
    assert_eq!(of_instances(&night, "s3:DeleteObjectVersion").effect, AttackEffect::Withstood, "{night:#?}");
    assert!(findings(&night, "archive-can-be-destroyed").is_empty(), "{night:#?}");
}

#[test]
fn governance_does_not_withstand_who_may_pass_it_by() {
    let deletes =
        granting("[s3:DeleteObject, s3:DeleteObjectVersion, s3:BypassGovernanceRetention]", "!Sub ${BackupBucket.Arn}/*");
    let night = attacked(&locked(deletes, "GOVERNANCE"));
    assert_eq!(of_instances(&night, "s3:DeleteObjectVersion").effect, AttackEffect::Destroyed, "{night:#?}");
}

#[test]
fn compliance_withstands_everybody() {
    let night =
        attacked(&locked(granting("\"s3:*\"", "[!GetAtt BackupBucket.Arn, !Sub \"${BackupBucket.Arn}/*\"]"), "COMPLIANCE"));
    let attempts = &outcome(&night).attack.as_ref().unwrap_or_else(|| panic!("{night:#?}")).attempts;
    let destroyed: Vec<&Attempt> =
        attempts.iter().filter(|one| one.call.starts_with("s3:") && one.effect == AttackEffect::Destroyed).collect();
    assert!(destroyed.is_empty(), "{destroyed:#?}");
    assert_eq!(of_instances(&night, "s3:PutObjectRetention").effect, AttackEffect::Withstood, "{attempts:#?}");
    assert_eq!(of_instances(&night, "s3:PutLifecycleConfiguration").effect, AttackEffect::Hidden, "{attempts:#?}");
}

#[test]
fn the_bucket_its_key_and_the_trigger_are_protection_too() {
    let night = attacked(&granting(
        "[s3:PutLifecycleConfiguration, s3:PutBucketPolicy, s3:DeleteBucketPolicy, s3:PutBucketVersioning, s3:PutEncryptionConfiguration, \"kms:*\", \"events:*\", \"sns:*\", \"cloudwatch:*\", \"iam:PutRolePolicy\"]",
        "\"*\"",
    ));
    for (call, effect) in [
        ("s3:PutLifecycleConfiguration", AttackEffect::Destroyed),
        // It lets the role delete versions by the policy that it puts.
        ("s3:PutBucketPolicy", AttackEffect::Destroyed),
        ("s3:DeleteBucketPolicy", AttackEffect::Weakened),
        ("s3:PutBucketVersioning", AttackEffect::Weakened),
        ("s3:PutEncryptionConfiguration", AttackEffect::Weakened),
        ("s3:PutBucketLogging", AttackEffect::Refused),
        ("kms:DisableKey", AttackEffect::Hidden),
        ("kms:ScheduleKeyDeletion", AttackEffect::Destroyed),
        ("kms:PutKeyPolicy", AttackEffect::Destroyed),
        ("events:DisableRule", AttackEffect::Weakened),
        ("events:RemoveTargets", AttackEffect::Weakened),
        ("events:DeleteRule", AttackEffect::Withstood),
        ("cloudwatch:DisableAlarmActions", AttackEffect::Weakened),
        ("sns:DeleteTopic", AttackEffect::Weakened),
        ("iam:PutRolePolicy", AttackEffect::Destroyed),
        ("iam:AttachRolePolicy", AttackEffect::Refused),
    ] {
        assert_eq!(of_instances(&night, call).effect, effect, "{call}: {night:#?}");
    }
    let left = &outcome(&night).leftovers;
    assert!(left.is_empty(), "{left:?}");
}

/// A stack whose script uploads each archive to a second bucket, too. Instances may delete versions in these.
fn copied(deletes_in: &str) -> Template {
    let copy = "!Sub ${CopyBucket.Arn}/*\n          - Sid: Deletes\n            Effect: Allow\n            Action: s3:DeleteObjectVersion";
    granting("s3:PutObject", &format!("{copy}\n            Resource: {deletes_in}"))
        .replacing("          BACKUP_BUCKET: !Ref BackupBucket\n", "          BACKUP_BUCKET: !Ref BackupBucket\n          COPY_BUCKET: !Ref CopyBucket\n")
        .replacing("(\"BACKUP_BUCKET\", ", "(\"BACKUP_BUCKET\", \"COPY_BUCKET\", ")
        .inserting(
            "          echo \"uploaded s3://",
            "          aws s3 cp \"$archive\" \"s3://$COPY_BUCKET/$key\" --only-show-errors --sse aws:kms --sse-kms-key-id \"$KMS_KEY_ARN\"\n",
        )
        .inserting(
            "  # SSE-S3, since",
            "  CopyBucket:\n    Type: AWS::S3::Bucket\n    Properties:\n      VersioningConfiguration: {Status: Enabled}\n\n",
        )
}

#[test]
fn a_copy_in_a_bucket_of_which_the_role_cannot_delete_stays() {
    let night = attacked(&copied("!Sub ${BackupBucket.Arn}/*"));
    assert_eq!(of_instances(&night, "s3:DeleteObjectVersion").effect, AttackEffect::Copied, "{night:#?}");
    let [stays] = findings(&night, "archive-stays-as-a-copy")[..] else { panic!("{night:#?}") };
    assert!(stays.contains("the archive was gone; a copy stays in s3://") && stays.contains("copybucket"), "{stays}");
    assert!(stays.contains("which InstanceRole (instances) cannot destroy; allowed by statement Deletes (line "), "{stays}");
    assert!(findings(&night, "archive-can-be-destroyed").is_empty(), "{night:#?}");
    // Who deploys the stack may delete both, and their key.
    let attempts = &outcome(&night).attack.as_ref().unwrap_or_else(|| panic!("{night:#?}")).attempts;
    let by_operator = |call: &str| {
        let found = attempts.iter().filter(|attempt| attempt.by == "operator" && attempt.call == call);
        found.map(|attempt| attempt.effect).collect::<Vec<_>>()
    };
    for call in ["s3:DeleteObjectVersion", "kms:ScheduleKeyDeletion"] {
        assert_eq!(by_operator(call), [AttackEffect::Destroyed; 2], "{call}: {attempts:#?}");
    }
}

#[test]
fn a_copy_that_the_same_role_can_delete_does_not_count() {
    let night = attacked(&copied("[!Sub \"${BackupBucket.Arn}/*\", !Sub \"${CopyBucket.Arn}/*\"]"));
    assert_eq!(of_instances(&night, "s3:DeleteObjectVersion").effect, AttackEffect::Destroyed, "{night:#?}");
    assert_eq!(findings(&night, "archive-can-be-destroyed").len(), 2, "{night:#?}");
    assert!(findings(&night, "archive-stays-as-a-copy").is_empty(), "{night:#?}");
}

/// A stack whose bucket replicates to a second one. Instances may delete versions in the first.
fn replicated() -> Template {
    const VERSIONED: &str = "KMSMasterKeyID: !GetAtt BackupKey.Arn\n      VersioningConfiguration:\n        Status: Enabled\n";
    let replicates = "      ReplicationConfiguration:
        Role: !GetAtt ReplicationRole.Arn
        Rules:
          - Status: Enabled
            Priority: 1
            Filter: {Prefix: ''}
            DeleteMarkerReplication: {Status: Disabled}
            SourceSelectionCriteria: {SseKmsEncryptedObjects: {Status: Enabled}}
            Destination: {Bucket: !GetAtt CopyBucket.Arn, EncryptionConfiguration: {ReplicaKmsKeyID: !GetAtt BackupKey.Arn}}\n";
    granting("s3:DeleteObjectVersion", "!Sub ${BackupBucket.Arn}/*")
        .replacing(VERSIONED, &format!("{VERSIONED}{replicates}"))
        .inserting(
            "  # SSE-S3, since",
            "  CopyBucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}

  ReplicationRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: replicate
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: [s3:GetReplicationConfiguration, s3:ListBucket, s3:GetObjectVersion*, s3:Replicate*, kms:Decrypt, kms:Encrypt, kms:GenerateDataKey]
                Resource: '*'\n\n",
        )
}

#[test]
fn a_replica_of_which_the_role_cannot_delete_stays() {
    let night = attacked(&replicated());
    assert_eq!(of_instances(&night, "s3:DeleteObjectVersion").effect, AttackEffect::Copied, "{night:#?}");
    let [stays] = findings(&night, "archive-stays-as-a-copy")[..] else { panic!("{night:#?}") };
    assert!(stays.contains("a copy stays in s3://") && stays.contains("copybucket"), "{stays}");
    let left = &outcome(&night).leftovers;
    assert!(left.is_empty(), "{left:?}");
}
