//! The names of AWS's regions.
//! <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>

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

/// Whether AWS has a region of this name.
pub fn is_region(name: &str) -> bool {
    REGIONS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_partitions_and_other_texts_are_no_regions() {
        assert!(is_region("us-east-1") && is_region("eu-west-1"));
        for other in ["", "EU", "us-east-1a", "aws-global", "us-gov-west-1", "eu-west-9"] {
            assert!(!is_region(other), "{other}");
        }
    }
}
