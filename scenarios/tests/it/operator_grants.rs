//! Whether the shipped operator's policy grants what nobody needs: told from the decisions that a region journaled of whole smoke drills.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nightproof_journal::{Event, Record};
use serde_json::Value;

const POLICY: &str = include_str!("../../../stack/operator-policy.json");

/// Grants that a smoke drill on this region need not use, and what they are for.
const EXCUSED: [(&str, &str, &str); 13] = [
    ("LookAround", "ec2:DescribeRouteTables", "AWS's search by tag remembers what was deleted"),
    ("LookAround", "ec2:DescribeSubnets", "AWS's search by tag remembers what was deleted"),
    ("LookAround", "ec2:DescribeVpcAttribute", "why an instance's agent does not come online"),
    ("LookAround", "servicequotas:GetAWSDefaultServiceQuota", "a quota that the account has no value of its own of"),
    ("Stacks", "cloudformation:CreateStack", "`nightproof run --operator-policy` deploys without a change set"),
    ("Functions", "lambda:GetPolicy", "CloudFormation reads a permission back"),
    ("Functions", "lambda:TagResource", "CloudFormation makes a function with the stack's tags"),
    ("Rules", "events:ListTargetsByRule", "CloudFormation reads a rule back"),
    ("Alarms", "cloudwatch:DescribeAlarms", "AWS's search by tag remembers what was deleted"),
    ("Topics", "sns:GetTopicAttributes", "AWS's search by tag remembers what was deleted"),
    ("Queues", "sqs:GetQueueAttributes", "CloudFormation reads a queue's ARN"),
    ("Buckets", "s3:GetBucketTagging", "CloudFormation reads a bucket's tags before it changes them"),
    ("Objects", "s3:AbortMultipartUpload", "an upload that was cut off is removed with its bucket"),
];

/// Each allowing statement and action of the policy.
fn granted() -> BTreeSet<(String, String)> {
    let policy: Value = serde_json::from_str(POLICY).expect("JSON");
    let mut found = BTreeSet::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        let sid = statement["Sid"].as_str().expect("a name");
        let actions = statement["Action"].as_array().cloned().unwrap_or_else(|| vec![statement["Action"].clone()]);
        found.extend(actions.iter().map(|action| (sid.to_owned(), action.as_str().expect("an action").to_owned())));
    }
    found
}

/// Asserts that every grant of the operator's policy allowed something in the journal of a region, or is excused.
pub(crate) fn assert_all_used(journal: &Path) {
    let mut used = BTreeSet::new();
    for line in fs::read_to_string(journal).expect("a journal").lines() {
        let record: Record = serde_json::from_str(line).expect("a record");
        let Event::Authorization { principal, checks, .. } = record.event else { continue };
        for check in
            checks.iter().filter(|check| principal.ends_with("user/nightproof-operator") && check.decision["effect"] == "Allow")
        {
            let deciding = check.decision["deciding"].as_array().into_iter().flatten();
            let sids = deciding.filter_map(|statement| statement["sid"].as_str());
            used.extend(sids.map(|sid| (sid.to_owned(), check.action.clone())));
        }
    }
    assert!(used.len() > 50, "{used:?}");
    let is_used = |(sid, pattern): &(String, String)| {
        used.iter().any(|(by, action)| by == sid && nightproof_iam_policy::action_covers(pattern, action))
    };
    let granted = granted();
    let unused: BTreeSet<(String, String)> = granted.iter().filter(|grant| !is_used(grant)).cloned().collect();
    let excused: BTreeSet<(String, String)> =
        EXCUSED.iter().map(|(sid, action, _)| ((*sid).to_owned(), (*action).to_owned())).collect();
    let needless: Vec<_> = unused.difference(&excused).collect();
    assert!(needless.is_empty(), "grants that nobody used: {needless:?}");
    assert!(excused.is_subset(&granted), "excuses of what is not granted: {excused:?}");
}
