//! Instance types, as launches name them. <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>

use nightproof_core::service::AwsError;
pub(crate) use nightproof_registry::{InstanceType, instance_types};

use crate::error::invalid_parameter;

/// Families whose vCPUs count in quotas of their own, of which a new account has none.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>
const WITH_OWN_QUOTA: [&str; 11] = ["dl", "f", "g", "gr", "hpc", "inf", "p", "trn", "u", "vt", "x"];

/// The type with this name.
pub(crate) fn find(name: &str) -> Result<&'static InstanceType, AwsError> {
    match nightproof_registry::instance_type(name) {
        _ if is_lacking(name) => Err(AwsError::not_implemented("ec2", &format!("the instance type {name}"))),
        None => Err(invalid_parameter(format!("Invalid value '{name}' for InstanceType."))),
        Some(kind) => Ok(kind),
    }
}

/// Whether AWS has a type with this name that cannot be launched here: it counts in another quota than those that are kept here, or nothing is
/// known of it since AWS does not sell it any more.
pub(crate) fn is_lacking(name: &str) -> bool {
    let of_aws = || {
        let facts = nightproof_registry::resource_type("AWS::EC2::Instance");
        facts.as_ref().and_then(|facts| facts.values(&["InstanceType"])).is_some_and(|known| known.contains(&name))
    };
    match nightproof_registry::instance_type(name) {
        Some(kind) => WITH_OWN_QUOTA.contains(&kind.family()),
        None => of_aws(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_all_standard_families_can_be_launched() {
        for name in ["t1.micro", "m3.large", "c7g.medium", "im4gn.large", "z1d.large", "h1.2xlarge", "i3en.large", "m5.metal"] {
            assert_eq!(find(name).unwrap().name, name);
        }
    }

    #[test]
    fn what_has_another_quota_or_is_not_sold_any_more_is_lacking_and_what_never_was_is_invalid() {
        for name in ["g4dn.xlarge", "p2.xlarge", "x1.16xlarge", "u-3tb1.56xlarge"] {
            assert_eq!(find(name).unwrap_err().code, "NotImplemented", "{name}");
        }
        let refused = find("m99.huge").unwrap_err();
        let (code, message) = ("InvalidParameterValue", "Invalid value 'm99.huge' for InstanceType.");
        assert_eq!((refused.code.as_str(), refused.message.as_str()), (code, message));
    }
}
