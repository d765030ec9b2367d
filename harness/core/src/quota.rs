//! The quotas that this region keeps to. Services refuse what goes beyond them.

/// How much of something an account may have in a region.
#[derive(Debug)]
pub struct Quota {
    /// `vpc`
    pub service: &'static str,
    /// `L-F678F1CE`
    pub code: &'static str,
    /// What AWS calls it.
    pub name: &'static str,
    /// What a new account has on AWS.
    pub default: u64,
    /// What accounts have here.
    pub value: u64,
}

impl Quota {
    /// Whether an account with `count` of it may have no more.
    pub fn is_reached_by(&self, count: usize) -> bool {
        u64::try_from(count).is_ok_and(|count| count >= self.value)
    }
}

const fn quota(service: &'static str, code: &'static str, name: &'static str, value: u64) -> Quota {
    Quota { service, code, name, default: value, value }
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
pub const VPCS: Quota = quota("vpc", "L-F678F1CE", "VPCs per Region", 5);
/// As [`VPCS`].
pub const INTERNET_GATEWAYS: Quota = quota("vpc", "L-A4707A72", "Internet gateways per Region", 5);
/// As [`VPCS`].
pub const ADDRESSES: Quota = quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5);
/// vCPUs. AWS raises it as an account is used; here it is as if it had done so.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>
pub const VCPUS: Quota =
    Quota { value: 64, ..quota("ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5) };
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html>
pub const BUCKETS: Quota = quota("s3", "L-DC2B2D3D", "General purpose buckets", 10_000);
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const CONCURRENT_EXECUTIONS: Quota = quota("lambda", "L-B99A9384", "Concurrent executions", 1000);

/// All of them.
pub const ALL: [&Quota; 6] = [&VPCS, &INTERNET_GATEWAYS, &ADDRESSES, &VCPUS, &BUCKETS, &CONCURRENT_EXECUTIONS];

/// Services with quotas, by code.
pub const SERVICES: [(&str, &str); 4] = [
    ("ec2", "Amazon Elastic Compute Cloud (Amazon EC2)"),
    ("lambda", "AWS Lambda"),
    ("s3", "Amazon Simple Storage Service (Amazon S3)"),
    ("vpc", "Amazon Virtual Private Cloud (Amazon VPC)"),
];
