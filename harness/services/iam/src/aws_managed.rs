//! AWS's own managed policies, with their documents as AWS publishes them.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
//!
//! A newer one than those that are known here is refused as one that does not exist: a policy that grants nothing would be a silent
//! difference.

use std::collections::HashMap;
use std::sync::LazyLock;

use nightproof_core::authorization::PolicyDocument;
use nightproof_registry::ManagedPolicy;
use parking_lot::RwLock;

/// The policy that AWS maintains with this ARN.
pub(super) fn find(arn: &str) -> Option<ManagedPolicy> {
    if arn.starts_with("arn:aws:iam::aws:") { nightproof_registry::managed_policy(arn) } else { None }
}

/// The document of one of AWS's managed policies, shared by all who hold it.
pub fn document(arn: &str) -> Option<PolicyDocument> {
    static READ: LazyLock<RwLock<HashMap<&'static str, PolicyDocument>>> = LazyLock::new(RwLock::default);
    let policy = find(arn)?;
    if let Some(document) = READ.read().get(policy.arn) {
        return Some(document.clone());
    }
    // Some are written for all partitions at once, which no customer's policy may be; this is one region of one of them.
    let document = PolicyDocument::of_identity(policy.document().replace("\"arn:*:", "\"arn:aws:"));
    Some(READ.write().entry(policy.arn).or_insert(document).clone())
}

/// The id and the description of a policy, if they are known.
pub(super) fn described(policy: &ManagedPolicy) -> Option<(&'static str, &'static str)> {
    DESCRIBED.iter().find(|(name, ..)| *name == policy.name()).map(|(_, id, description)| (*id, *description))
}

/// Names, ids and descriptions of the policies that a backup's stacks mostly have.
static DESCRIBED: &[(&str, &str, &str)] = &[
    ("AWSLambdaBasicExecutionRole", "ANPAJNCQGXC42545SKXIK", "Provides write permissions to CloudWatch Logs."),
    ("AWSLambdaExecute", "ANPAJE5FX7FQZSU5XAKGO", "Provides Put, Get access to S3 and full access to CloudWatch Logs."),
    ("AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK", "Provides full access to AWS services and resources."),
    (
        "AmazonEC2RoleforSSM",
        "ANPAI6TL3SMY22S4KMMX6",
        "This policy will soon be deprecated. Please use AmazonSSMManagedInstanceCore policy to enable AWS Systems Manager service core functionality on EC2 instances.",
    ),
    ("AmazonSNSFullAccess", "ANPAJWEKLCXXUNT2SOLSG", "Provides full access to Amazon SNS via the AWS Management Console."),
    ("AmazonS3FullAccess", "ANPAIFIR6V6BVTRAHWINE", "Provides full access to all buckets via the AWS Management Console."),
    (
        "AmazonS3ReadOnlyAccess",
        "ANPAIZTJ4DXE7G6AGAE6M",
        "Provides read only access to all buckets via the AWS Management Console.",
    ),
    (
        "AmazonSSMAutomationRole",
        "ANPAJIBQCTBCXD2XRNB6W",
        "Provides permissions for EC2 Automation service to execute activities defined within Automation documents",
    ),
    ("AmazonSSMMaintenanceWindowRole", "ANPAJV3JNYSTZ47VOXYME", "Service Role to be used for EC2 Maintenance Window"),
    (
        "AmazonSSMManagedInstanceCore",
        "ANPAIXSHM2BNB2D3AXXRU",
        "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality.",
    ),
    (
        "AutoScalingServiceRolePolicy",
        "ANPAIC5D2V7MRWBMHGD7G",
        "Enables access to AWS services and resources used or managed by Auto Scaling",
    ),
    ("CloudWatchAgentServerPolicy", "ANPAIGKPMLKEAJAUY2YAS", "Permissions required to use AmazonCloudWatchAgent on servers"),
    (
        "PowerUserAccess",
        "ANPAJYRXTHIB4FOVS3ZXS",
        "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
    ),
    ("ReadOnlyAccess", "ANPAILL3HVNFSB6DCOWYQ", "Provides read-only access to AWS services and resources."),
];
