//! Regions, availability zones, and the limits of an account.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::availability_zone;
use crate::error::invalid_parameter;
use crate::filter::{Filter, filtered, selected};
use crate::records::Records;

/// `DescribeAvailabilityZones`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAvailabilityZones {
    #[serde(default)]
    zone_names: Vec<String>,
    #[serde(default)]
    zone_ids: Vec<String>,
    #[expect(dead_code, reason = "every zone of the region is opted in")]
    all_availability_zones: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe_zones(records: &Records, input: &DescribeAvailabilityZones) -> Result<Value, AwsError> {
    let region = &records.region;
    let zones = availability_zone::zones(region)
        .into_iter()
        .map(|zone| {
            json!({
                "State": "available", "OptInStatus": "opt-in-not-required", "Messages": [], "RegionName": region, "ZoneName": zone.name,
                "ZoneId": zone.id, "GroupName": region, "NetworkBorderGroup": region, "ZoneType": "availability-zone",
            })
        })
        .collect();
    let refusal = |name: &str| invalid_parameter(format!("Invalid availability zone: [{name}]"));
    let zones = selected(zones, &input.zone_names, "ZoneName", refusal)?;
    let zones = selected(zones, &input.zone_ids, "ZoneId", refusal)?;
    let paths = &[
        ("zone-name", "ZoneName"),
        ("zone-id", "ZoneId"),
        ("state", "State"),
        ("region-name", "RegionName"),
        ("zone-type", "ZoneType"),
        ("opt-in-status", "OptInStatus"),
        ("group-name", "GroupName"),
    ];
    Ok(json!({ "AvailabilityZones": filtered(zones, &input.filters, paths)? }))
}

/// `DescribeRegions`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeRegions {
    #[serde(default)]
    region_names: Vec<String>,
    #[expect(dead_code, reason = "every region that is known is enabled")]
    all_regions: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
}

/// One region exists: this one.
pub(crate) fn describe_regions(records: &Records, input: &DescribeRegions) -> Result<Value, AwsError> {
    let region = &records.region;
    let regions = vec![json!({
        "RegionName": region, "Endpoint": format!("ec2.{region}.amazonaws.com"), "OptInStatus": "opt-in-not-required",
    })];
    let refusal = |name: &str| invalid_parameter(format!("Invalid region: [{name}]"));
    let regions = selected(regions, &input.region_names, "RegionName", refusal)?;
    let paths = &[("region-name", "RegionName"), ("endpoint", "Endpoint"), ("opt-in-status", "OptInStatus")];
    Ok(json!({ "Regions": filtered(regions, &input.filters, paths)? }))
}

/// `DescribeAccountAttributes`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAccountAttributes {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    attribute_names: Vec<String>,
}

pub(crate) fn describe_account(records: &Records, input: &DescribeAccountAttributes) -> Result<Value, AwsError> {
    let default_vpc = records.default_vpc().map_or("none", |vpc| vpc.id.as_str());
    let attributes = [
        ("supported-platforms", "VPC"),
        ("default-vpc", default_vpc),
        ("max-instances", "20"),
        ("max-elastic-ips", "5"),
        ("vpc-max-elastic-ips", "5"),
        ("vpc-max-security-groups-per-interface", "5"),
    ];
    let described = attributes
        .iter()
        .map(|(name, value)| json!({ "AttributeName": name, "AttributeValues": [{ "AttributeValue": value }] }))
        .collect();
    let refusal = |name: &str| invalid_parameter(format!("Value ({name}) for parameter attributeName is invalid."));
    Ok(json!({ "AccountAttributes": selected(described, &input.attribute_names, "AttributeName", refusal)? }))
}

requests! {
    DescribeAvailabilityZones { dry_run },
    DescribeRegions { dry_run },
    DescribeAccountAttributes { dry_run },
}
