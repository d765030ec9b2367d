//! Regions, availability zones, and the limits of an account.

use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::availability_zone;
use crate::error::invalid_parameter;
use crate::filter::{filtered, selected};
use crate::records::Records;

pub(crate) fn describe_zones(records: &Records, input: &Value) -> Result<Value, AwsError> {
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
    let zones = selected(zones, input, "ZoneNames", "ZoneName", refusal)?;
    let zones = selected(zones, input, "ZoneIds", "ZoneId", refusal)?;
    let paths = &[
        ("zone-name", "ZoneName"),
        ("zone-id", "ZoneId"),
        ("state", "State"),
        ("region-name", "RegionName"),
        ("zone-type", "ZoneType"),
        ("opt-in-status", "OptInStatus"),
        ("group-name", "GroupName"),
    ];
    Ok(json!({ "AvailabilityZones": filtered(zones, input, paths)? }))
}

/// One region exists: this one.
pub(crate) fn describe_regions(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let region = &records.region;
    let regions = vec![json!({
        "RegionName": region, "Endpoint": format!("ec2.{region}.amazonaws.com"), "OptInStatus": "opt-in-not-required",
    })];
    let refusal = |name: &str| invalid_parameter(format!("Invalid region: [{name}]"));
    let regions = selected(regions, input, "RegionNames", "RegionName", refusal)?;
    let paths = &[("region-name", "RegionName"), ("endpoint", "Endpoint"), ("opt-in-status", "OptInStatus")];
    Ok(json!({ "Regions": filtered(regions, input, paths)? }))
}

pub(crate) fn describe_account(records: &Records, input: &Value) -> Result<Value, AwsError> {
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
    Ok(json!({ "AccountAttributes": selected(described, input, "AttributeNames", "AttributeName", refusal)? }))
}
