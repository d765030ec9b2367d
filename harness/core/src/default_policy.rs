//! Policies that AWS gives resources which are made without one.

use nightproof_wire::arn::Arn;
use serde_json::{Value, json};

/// The policy of a KMS key.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
pub fn key(account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": Arn::new("iam", "", account, "root").to_string()},
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
}

/// The policy of an SNS topic: services that say for which account they publish, as CloudWatch does, are let in, and EventBridge is
/// not. Principals of the account need policies of their own.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>
pub fn topic(arn: &str, owner: &str) -> String {
    const ACTIONS: [&str; 8] = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": ACTIONS,
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": owner } },
        }],
    })
    .to_string()
}
