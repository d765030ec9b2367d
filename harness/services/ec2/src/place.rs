//! Regions, availability zones, and the limits of an account.

use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::error::invalid_parameter;
use super::filter::{filtered, selected};
use super::records::Records;

/// An availability zone: its name in the account, and its id, which is the same in all accounts.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) name: String,
    pub(super) id: String,
}

/// The zones of a region.
pub(super) fn zones(region: &str) -> Vec<Zone> {
    let numbers: &[u8] = if region == "us-east-1" { &[4, 6, 1, 2, 3, 5] } else { &[1, 2, 3] };
    let short = short_name(region);
    ('a'..='z')
        .zip(numbers)
        .map(|(letter, number)| Zone { name: format!("{region}{letter}"), id: format!("{short}-az{number}") })
        .collect()
}

/// `us-east-1` is `use1` in zone ids, `ap-southeast-2` is `apse2`.
fn short_name(region: &str) -> String {
    let mut parts = region.split('-');
    let area = parts.next().unwrap_or_default();
    let direction = parts.next().unwrap_or_default();
    let number = parts.next().unwrap_or_default();
    let direction = match direction {
        "southeast" => "se",
        "northeast" => "ne",
        "southwest" => "sw",
        "northwest" => "nw",
        other => other.get(..1).unwrap_or_default(),
    };
    format!("{area}{direction}{number}")
}

pub(super) fn describe_zones(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let region = &records.region;
    let zones = zones(region)
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
pub(super) fn describe_regions(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let region = &records.region;
    let regions = vec![json!({
        "RegionName": region, "Endpoint": format!("ec2.{region}.amazonaws.com"), "OptInStatus": "opt-in-not-required",
    })];
    let refusal = |name: &str| invalid_parameter(format!("Invalid region: [{name}]"));
    let regions = selected(regions, input, "RegionNames", "RegionName", refusal)?;
    let paths = &[("region-name", "RegionName"), ("endpoint", "Endpoint"), ("opt-in-status", "OptInStatus")];
    Ok(json!({ "Regions": filtered(regions, input, paths)? }))
}

pub(super) fn describe_account(records: &Records, input: &Value) -> Result<Value, AwsError> {
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
