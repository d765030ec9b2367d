//! What requests say of a group: read, and checked with EC2.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Region};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::validation;
use crate::group::Subnet;
use crate::launch_source::LaunchSource;

/// `LaunchTemplateSpecification`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LaunchTemplate {
    pub(crate) launch_template_id: Option<String>,
    pub(crate) launch_template_name: Option<String>,
    pub(crate) version: Option<String>,
}

/// The source that a request names; `None` if it names none.
pub(crate) async fn source(
    region: &Region,
    caller: &Caller,
    template: Option<&LaunchTemplate>,
    configuration: Option<&String>,
) -> Result<Option<LaunchSource>, AwsError> {
    let template = match (template, configuration) {
        (Some(_), Some(_)) => {
            return Err(validation(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
            ));
        }
        (None, configuration) => return Ok(configuration.map(|name| LaunchSource::Configuration(name.clone()))),
        (Some(template), None) => template,
    };
    let input = match (&template.launch_template_id, &template.launch_template_name) {
        (Some(id), None) => json!({ "LaunchTemplateIds": [id] }),
        (None, Some(name)) => json!({ "LaunchTemplateNames": [name] }),
        _ => {
            return Err(validation("Valid requests must contain either launchTemplateId or LaunchTemplateName"));
        }
    };
    let found = region.call(caller, "ec2", "DescribeLaunchTemplates", input).await;
    let found = found.map_err(|error| validation(error.message))?;
    let found = found.list("LaunchTemplates").first().cloned().unwrap_or_default();
    Ok(Some(LaunchSource::Template {
        id: found.required("LaunchTemplateId").to_owned(),
        name: found.required("LaunchTemplateName").to_owned(),
        version: template.version.clone().filter(|version| !version.is_empty()),
    }))
}

/// The subnets in a list with commas, in its order.
pub(crate) async fn subnets(region: &Region, caller: &Caller, list: &str) -> Result<Vec<Subnet>, AwsError> {
    let ids: Vec<&str> = list.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = region.call(caller, "ec2", "DescribeSubnets", json!({ "SubnetIds": ids })).await;
    let found = found.map_err(|error| validation(error.message))?;
    let described = found.list("Subnets");
    let subnet = |id: &&str| {
        let found = described.iter().find(|subnet| subnet.text("SubnetId") == Some(id))?;
        Some(Subnet { id: (*id).to_owned(), zone: found.required("AvailabilityZone").to_owned() })
    };
    Ok(ids.iter().filter_map(subnet).collect())
}

/// Refuses zones that the region does not have.
pub(crate) async fn check_zones(region: &Region, caller: &Caller, zones: &[String]) -> Result<(), AwsError> {
    if zones.is_empty() {
        return Ok(());
    }
    let found = region.call(caller, "ec2", "DescribeAvailabilityZones", json!({})).await?;
    let known = |zone: &String| found.list("AvailabilityZones").iter().any(|one| one.text("ZoneName") == Some(zone));
    match zones.iter().find(|zone| !known(zone)) {
        None => Ok(()),
        Some(zone) => Err(validation(format!("Availability Zone {zone} is not valid or not available to this account."))),
    }
}

/// The checks of health that a group has beside EC2's, which all have. A group that no load balancer is attached to has no others to ask, and none is
/// ever attached here; nor is a volume impaired.
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html>
pub(crate) fn health_check(given: Option<&String>) -> Result<Option<String>, AwsError> {
    let Some(given) = given else { return Ok(None) };
    match given.split(',').map(str::trim).find(|kind| !["EC2", "EBS", "ELB", "VPC_LATTICE"].contains(kind)) {
        None => Ok(Some(given.clone())),
        Some(other) => Err(validation(format!("Invalid HealthCheckType: {other}"))),
    }
}

/// Who deletes a group with what.
pub(crate) fn deletion_protection(given: Option<&String>) -> Result<Option<String>, AwsError> {
    match given.map(String::as_str) {
        None => Ok(None),
        Some(known @ ("none" | "prevent-force-deletion" | "prevent-all-deletion")) => Ok(Some(known.to_owned())),
        Some(other) => Err(validation(format!("Invalid value for DeletionProtection: {other}"))),
    }
}

/// What happened, and when, as causes of activities begin.
pub(crate) fn reason(call: &Call, what: &str) -> String {
    format!("At {} a user request {what}.", crate::activity::at(call.now))
}

/// The answer of an operation that has none.
pub(crate) fn nothing() -> Value {
    json!({})
}
