//! Nights on which a permission is missing: each fails at the hop where it fails on AWS, and says who was denied what.

use crate::{changed, without};

#[test]
fn a_tag_condition_on_the_document_too_never_matches() {
    let document = "                Resource: !Sub arn:${AWS::Partition}:ssm:${AWS::Region}::document/AWS-RunShellScript\n";
    let condition = "                Condition: {StringEquals: {\"ssm:resourceTag/Backup\": Enabled}}\n";
    let night = changed(document, &format!("{document}{condition}")).run().expect("a run");
    night.assert_broken("function", "is not authorized to perform: ssm:SendCommand on resource: arn:aws:ssm:us-east-1::document/AWS-RunShellScript because no identity-based policy allows the ssm:SendCommand action");
    night.assert_denied(
        "statement RunThisDocument",
        "condition StringEquals ssm:resourceTag/Backup wants Enabled and found nothing",
    );
}

#[test]
fn a_misspelt_condition_key_never_matches() {
    let night = changed("ssm:resourceTag/Backup: Enabled", "ssm:resourceTags/Backup: Enabled").run().expect("a run");
    night.assert_broken(
        "function",
        "is not authorized to perform: ssm:SendCommand on resource: arn:aws:ec2:us-east-1:123456789012:instance/i-",
    );
    night.assert_denied("statement OnTaggedInstances", "ssm:resourceTags/Backup wants Enabled and found nothing");
}

#[test]
fn a_bucket_arn_without_its_objects_allows_no_upload() {
    let night = changed(
        "Resource: !Sub ${BackupBucket.Arn}/backups/*\n          # Decrypt",
        "Resource: !GetAtt BackupBucket.Arn\n          # Decrypt",
    )
    .run()
    .expect("a run");
    night.assert_broken("script", "(AccessDenied) when calling the PutObject operation");
    night.assert_denied("may not s3:PutObject", "nearest: statement UploadArchives");
}

#[test]
fn a_grant_on_another_bucket_allows_no_upload() {
    let night = changed(
        "Resource: !Sub ${BackupBucket.Arn}/backups/*\n          # Decrypt",
        "Resource: !Sub ${LogBucket.Arn}/*\n          # Decrypt",
    )
    .run()
    .expect("a run");
    night.assert_broken("script", "because no identity-based policy allows the s3:PutObject action");
}

#[test]
fn a_key_policy_that_leaves_no_use_to_the_account_refuses_the_upload() {
    let administers = "            Action: kms:*\n            Resource: \"*\"\n";
    let only = "            Action: [\"kms:Create*\", \"kms:Describe*\", \"kms:Enable*\", \"kms:List*\", \"kms:Put*\", \"kms:Get*\", \"kms:Delete*\", \"kms:TagResource\", \"kms:ScheduleKeyDeletion\"]\n            Resource: \"*\"\n";
    let night = changed(administers, only).run().expect("a run");
    night.assert_broken(
        "script",
        "is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:123456789012:key/",
    );
    night.assert_denied("may not kms:GenerateDataKey", "");
}

#[test]
fn a_function_without_permission_for_the_rule_is_not_invoked() {
    let night = without("  RuleMayInvoke:", "  DeadLetterQueue:").run().expect("a run");
    night.assert_broken("rule", "does not let events.amazonaws.com invoke it");
    night.assert_denied("events.amazonaws.com may not lambda:InvokeFunction", "");
}

#[test]
fn a_permission_for_another_rule_does_not_count() {
    let night = changed(
        "      SourceArn: !GetAtt BackupRule.Arn\n",
        "      SourceArn: !Sub arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/other\n",
    )
    .run()
    .expect("a run");
    night.assert_broken("rule", "neither logged nor sent a command");
    night.assert_denied(
        "events.amazonaws.com may not lambda:InvokeFunction",
        "AWS:SourceArn wants arn:aws:events:us-east-1:123456789012:rule/other",
    );
}

#[test]
fn a_function_role_that_does_not_trust_lambda_fails_the_stack() {
    let night = changed("              Service: lambda.amazonaws.com\n", "              Service: ec2.amazonaws.com\n")
        .run()
        .expect("a run");
    night.assert_broken("stack", "The role defined for the function cannot be assumed by Lambda");
}

#[test]
fn an_instance_role_that_does_not_trust_ec2_never_registers() {
    let night = changed("              Service: ec2.amazonaws.com\n", "              Service: lambda.amazonaws.com\n")
        .run()
        .expect("a run");
    night.assert_broken("instance", "is not registered");
    night.assert_denied("ec2.amazonaws.com may not sts:AssumeRole", "trust policy");
}

#[test]
fn an_instance_role_without_systems_manager_never_registers() {
    let night = changed(
        "      ManagedPolicyArns:\n        - !Sub arn:${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore\n",
        "",
    )
    .run()
    .expect("a run");
    night.assert_broken("instance", "is not registered");
    night.assert_denied("may not ssm:UpdateInstanceInformation", "");
}

#[test]
fn without_the_log_buckets_policy_no_access_log_comes() {
    let night = changed("Service: logging.s3.amazonaws.com", "Service: delivery.logs.amazonaws.com")
        .with(&["--strict"])
        .run()
        .expect("a run");
    night.assert_broken("findings", "access-log-missing");
    night.assert_denied("logging.s3.amazonaws.com may not s3:PutObject", "");
}

#[test]
fn a_function_that_may_not_write_its_log_leaves_none_and_backs_up_all_the_same() {
    let night = without("  # Its log group alone, which exists", "  BackupFunctionLogs:");
    let template = std::fs::read_to_string(night.folder().join("template.yaml")).expect("the template");
    let template = template.replacen(
        "DependsOn: [BackupFunctionLogPolicy, BackupFunctionInvocation]",
        "DependsOn: [BackupFunctionInvocation]",
        1,
    );
    std::fs::write(night.folder().join("template.yaml"), template).expect("the template");
    let night = night.run().expect("a run");
    assert_eq!(night.assert_passed().findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(), ["no-function-log"]);
}
