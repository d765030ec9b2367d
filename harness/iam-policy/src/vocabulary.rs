//! Which actions, resources and dates a policy may name, and AWS's words for others.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use crate::date;
use crate::operator::{Kind, Operator};
use crate::policy::PolicyKind;
use crate::policy_error::PolicyError;

/// With what the path of an ARN of IAM can begin.
const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

fn refuse(message: impl Into<String>) -> Result<(), PolicyError> {
    Err(PolicyError::new(message))
}

/// Is `action` of the form `service:name`, or `*`?
pub(crate) fn check_action(action: &str, kind: PolicyKind) -> Result<(), PolicyError> {
    let parts: Vec<&str> = action.split(':').collect();
    match kind {
        PolicyKind::Trust => {
            if action.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sts:")) {
                return Ok(());
            }
            refuse("AssumeRole policy may only specify STS AssumeRole actions.")
        }
        PolicyKind::Resource => match parts.as_slice() {
            ["*"] => Ok(()),
            [service, name] if is_vendor(service) && !name.is_empty() => Ok(()),
            _ => refuse("Policy has invalid action"),
        },
        PolicyKind::Identity => match parts.as_slice() {
            ["*"] => Ok(()),
            [_] => refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
            [service, _] if *service == "*" || is_vendor(service) => Ok(()),
            [service, _] => refuse(format!("Vendor {service} is not valid")),
            _ => refuse("Actions/Condition can contain only one colon."),
        },
    }
}

fn is_vendor(service: &str) -> bool {
    service.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// Is `resource` an ARN, or `*`?
pub(crate) fn check_resource(resource: &str, kind: PolicyKind) -> Result<(), PolicyError> {
    if resource == "*" {
        return Ok(());
    }
    match kind {
        PolicyKind::Trust => Ok(()),
        PolicyKind::Resource if resource.starts_with("arn:") => Ok(()),
        PolicyKind::Resource => refuse("Policy has invalid resource"),
        PolicyKind::Identity => check_identity_resource(resource),
    }
}

fn check_identity_resource(resource: &str) -> Result<(), PolicyError> {
    let Some((_, rest)) = resource.split_once(':') else {
        return refuse(format!("Resource {resource} must be in ARN format or \"*\"."));
    };
    let (partition, rest) = rest.split_once(':').map_or((rest, None), |(partition, rest)| (partition, Some(rest)));
    if partition != "aws" {
        let mut fields = rest.unwrap_or_default().splitn(4, ':').map(str::to_owned).collect::<Vec<_>>();
        if let [only] = fields.as_mut_slice()
            && only.is_empty()
        {
            only.push('*');
        }
        fields.resize(4, "*".to_owned());
        let completed = fields.join(":");
        return refuse(format!("Partition \"{partition}\" is not valid for resource \"arn:{partition}:{completed}\"."));
    }
    let (service, rest) = rest.map_or(("", ""), |rest| rest.split_once(':').unwrap_or((rest, "")));
    if service.is_empty() || service.contains(['*', '?']) {
        return refuse("Resource vendor must be fully qualified and cannot contain regexes.");
    }
    let (region, rest) = rest.split_once(':').unwrap_or((rest, ""));
    let (account, path) = rest.split_once(':').unwrap_or((rest, ""));
    match service {
        "iam" if !region.is_empty() => refuse(format!("IAM resource {resource} cannot contain region information.")),
        // Access points are of a region and an account.
        "s3" if !region.is_empty() && account.is_empty() => {
            refuse(format!("Resource {resource} can not contain region information."))
        }
        "iam" if path != "*" && !IAM_PATHS.iter().any(|start| path.starts_with(start)) => {
            refuse(format!("IAM resource path must either be \"*\" or start with {}.", IAM_PATHS.join(", ")))
        }
        _ => Ok(()),
    }
}

/// What IAM finds before anything else, in the resources before the first one with another fault.
pub(crate) fn check_legacy<'t>(resources: impl Iterator<Item = &'t str>) -> Result<(), PolicyError> {
    for resource in resources.filter(|resource| *resource != "*") {
        if check_identity_resource(resource).is_err() {
            break;
        }
        if resource.contains("::") && resource.matches(':').count() < 5 {
            return refuse("The policy failed legacy parsing");
        }
    }
    Ok(())
}

/// Dates that are none.
pub(crate) fn check_dates<'t>(conditions: impl Iterator<Item = (&'t Operator, &'t [Box<str>])>) -> Result<(), PolicyError> {
    for (operator, values) in conditions {
        if matches!(operator.kind, Kind::Date(_)) && values.iter().any(|value| date::parse(value).is_none()) {
            return refuse("The policy failed legacy parsing");
        }
    }
    Ok(())
}
