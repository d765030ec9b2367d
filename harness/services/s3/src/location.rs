//! Where buckets can be.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html>

/// The regions of the partition `aws`.
const REGIONS: [&str; 34] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Whether a region has this name.
pub(super) fn is_region(name: &str) -> bool {
    REGIONS.contains(&name)
}

/// Whether a bucket can be made to be in a place of this name: a region, or `EU`, which stands for `eu-west-1`.
pub(super) fn is_constraint(name: &str) -> bool {
    name == "EU" || is_region(name)
}
