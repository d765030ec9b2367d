//! The managed policies that AWS maintains.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

/// Whether AWS has a managed policy with this ARN.
pub fn is_managed_policy(arn: &str) -> bool {
    managed_policies().any(|known| known == arn)
}

/// The ARNs of all of them.
pub fn managed_policies() -> impl Iterator<Item = &'static str> {
    include_str!("../data/managed_policies.txt").lines()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_aws_are_known_by_their_arns() {
        assert!(is_managed_policy("arn:aws:iam::aws:policy/service-role/AmazonSSMMaintenanceWindowRole"));
        assert!(!is_managed_policy("arn:aws:iam::aws:policy/AmazonSSMMaintenanceWindowRole"));
        assert!(!is_managed_policy(""));
    }
}
