//! AWS's own managed policies that instances, functions and operators of a backup stack use, with their documents as AWS
//! publishes them; but for `ReadOnlyAccess`, of whose 3,000 actions only those of services that a backup stack can meet are here, and
//! for the partition of the last resource of `AutoScalingServiceRolePolicy` and of the sessions of `AmazonSSMAutomationRole`, which a
//! customer's policy must name. <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
//!
//! Any other is unknown here, and attaching it is refused: a policy that grants nothing would be a silent difference.

use std::collections::HashMap;
use std::sync::LazyLock;

use nightproof_core::authorization::PolicyDocument;

/// A policy that AWS maintains.
pub(super) struct AwsManaged {
    pub(super) arn: &'static str,
    pub(super) id: &'static str,
    pub(super) description: &'static str,
    /// The default version, the only one that is known here.
    pub(super) version: &'static str,
    pub(super) created: &'static str,
    pub(super) updated: &'static str,
    pub(super) document: &'static str,
}

impl AwsManaged {
    pub(super) fn name(&self) -> &'static str {
        self.arn.rsplit('/').next().unwrap_or(self.arn)
    }

    /// `/` or `/service-role/`.
    pub(super) fn path(&self) -> &'static str {
        let named = self.arn.split_once(":policy").map_or(self.arn, |(_, rest)| rest);
        named.strip_suffix(self.name()).unwrap_or("/")
    }
}

pub(super) fn find(arn: &str) -> Option<&'static AwsManaged> {
    ALL.iter().find(|policy| policy.arn == arn)
}

/// Whether AWS has this policy and it is not among those that are known here.
pub(super) fn is_lacking(arn: &str) -> bool {
    find(arn).is_none() && arn.starts_with("arn:aws:iam::aws:") && nightproof_registry::is_managed_policy(arn)
}

/// The document of one of AWS's managed policies, shared by all who hold it.
pub(super) fn shared(arn: &str) -> Option<PolicyDocument> {
    static DOCUMENTS: LazyLock<HashMap<&'static str, PolicyDocument>> =
        LazyLock::new(|| ALL.iter().map(|policy| (policy.arn, PolicyDocument::of_identity(policy.document))).collect());
    DOCUMENTS.get(arn).cloned()
}

/// The document of one of AWS's managed policies, if it is one that is known here.
pub fn document(arn: &str) -> Option<&'static str> {
    find(arn).map(|policy| policy.document)
}

pub(super) static ALL: &[AwsManaged] = &[
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/AdministratorAccess",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        description: "Provides full access to AWS services and resources.",
        version: "v1",
        created: "2015-02-06T18:39:46Z",
        updated: "2015-02-06T18:39:46Z",
        document: include_str!("aws_managed/AdministratorAccess.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM",
        id: "ANPAI6TL3SMY22S4KMMX6",
        description: "This policy will soon be deprecated. Please use AmazonSSMManagedInstanceCore policy to enable AWS Systems Manager service core functionality on EC2 instances.",
        version: "v8",
        created: "2015-05-29T17:48:35Z",
        updated: "2019-01-24T19:20:51Z",
        document: include_str!("aws_managed/AmazonEC2RoleforSSM.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
        id: "ANPAIFIR6V6BVTRAHWINE",
        description: "Provides full access to all buckets via the AWS Management Console.",
        version: "v2",
        created: "2015-02-06T18:40:58Z",
        updated: "2021-09-27T20:16:37Z",
        document: include_str!("aws_managed/AmazonS3FullAccess.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        id: "ANPAIZTJ4DXE7G6AGAE6M",
        description: "Provides read only access to all buckets via the AWS Management Console.",
        version: "v3",
        created: "2015-02-06T18:40:59Z",
        updated: "2023-08-10T21:31:39Z",
        document: include_str!("aws_managed/AmazonS3ReadOnlyAccess.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/service-role/AmazonSSMAutomationRole",
        id: "ANPAJIBQCTBCXD2XRNB6W",
        description: "Provides permissions for EC2 Automation service to execute activities defined within Automation documents",
        version: "v6",
        created: "2016-12-05T22:09:55Z",
        updated: "2025-09-11T17:34:07Z",
        document: include_str!("aws_managed/AmazonSSMAutomationRole.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/service-role/AmazonSSMMaintenanceWindowRole",
        id: "ANPAJV3JNYSTZ47VOXYME",
        description: "Service Role to be used for EC2 Maintenance Window",
        version: "v3",
        created: "2016-12-01T15:57:54Z",
        updated: "2019-07-27T00:16:05Z",
        document: include_str!("aws_managed/AmazonSSMMaintenanceWindowRole.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        id: "ANPAIXSHM2BNB2D3AXXRU",
        description: "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality.",
        version: "v2",
        created: "2019-03-15T17:22:12Z",
        updated: "2019-05-23T16:54:21Z",
        document: include_str!("aws_managed/AmazonSSMManagedInstanceCore.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy",
        id: "ANPAIC5D2V7MRWBMHGD7G",
        description: "Enables access to AWS services and resources used or managed by Auto Scaling",
        version: "v10",
        created: "2018-01-08T23:10:55Z",
        updated: "2025-11-12T18:19:06Z",
        document: include_str!("aws_managed/AutoScalingServiceRolePolicy.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        id: "ANPAJNCQGXC42545SKXIK",
        description: "Provides write permissions to CloudWatch Logs.",
        version: "v1",
        created: "2015-04-09T15:03:43Z",
        updated: "2015-04-09T15:03:43Z",
        document: include_str!("aws_managed/AWSLambdaBasicExecutionRole.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
        id: "ANPAIGKPMLKEAJAUY2YAS",
        description: "Permissions required to use AmazonCloudWatchAgent on servers",
        version: "v3",
        created: "2018-03-07T01:06:44Z",
        updated: "2024-02-05T18:45:11Z",
        document: include_str!("aws_managed/CloudWatchAgentServerPolicy.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/PowerUserAccess",
        id: "ANPAJYRXTHIB4FOVS3ZXS",
        description: "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
        version: "v12",
        created: "2015-02-06T18:39:47Z",
        updated: "2026-02-12T17:59:00Z",
        document: include_str!("aws_managed/PowerUserAccess.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/ReadOnlyAccess",
        id: "ANPAILL3HVNFSB6DCOWYQ",
        description: "Provides read-only access to AWS services and resources.",
        version: "v190",
        created: "2015-02-06T18:39:48Z",
        updated: "2026-09-24T17:37:08Z",
        document: include_str!("aws_managed/ReadOnlyAccess.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/AWSLambdaExecute",
        id: "ANPAJE5FX7FQZSU5XAKGO",
        description: "Provides Put, Get access to S3 and full access to CloudWatch Logs.",
        version: "v1",
        created: "2015-02-06T18:40:46Z",
        updated: "2015-02-06T18:40:46Z",
        document: include_str!("aws_managed/AWSLambdaExecute.json"),
    },
    AwsManaged {
        arn: "arn:aws:iam::aws:policy/AmazonSNSFullAccess",
        id: "ANPAJWEKLCXXUNT2SOLSG",
        description: "Provides full access to Amazon SNS via the AWS Management Console.",
        version: "v2",
        created: "2015-02-06T18:41:05Z",
        updated: "2024-09-24T22:32:05Z",
        document: include_str!("aws_managed/AmazonSNSFullAccess.json"),
    },
];
