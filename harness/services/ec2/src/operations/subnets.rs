//! Subnets and their addresses.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, missing, not_found_as, unsupported};
use crate::filter::{filtered, page, selected};
use crate::records::{Records, Subnet};
use crate::resource_id::resource_id;
use crate::{availability_zone, cidr, request_tags, subnet_address};

fn describe_one(records: &Records, subnet: &Subnet) -> Value {
    let free = cidr::size(subnet.cidr)
        .saturating_sub(cidr::RESERVED)
        .saturating_sub(subnet_address::taken(records, &subnet.id).len() as u64);
    json!({
        "SubnetId": subnet.id,
        "SubnetArn": records.arn("subnet", &subnet.id),
        "OwnerId": records.account,
        "VpcId": subnet.vpc,
        "State": "available",
        "CidrBlock": subnet.cidr.to_string(),
        "AvailableIpAddressCount": free,
        "AvailabilityZone": subnet.zone,
        "AvailabilityZoneId": subnet.zone_id,
        "DefaultForAz": subnet.default,
        "MapPublicIpOnLaunch": subnet.map_public_ip,
        "AssignIpv6AddressOnCreation": false,
        "Ipv6CidrBlockAssociationSet": [],
        "EnableDns64": false,
        "Ipv6Native": false,
        "MapCustomerOwnedIpOnLaunch": false,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name", "EnableResourceNameDnsARecord": false, "EnableResourceNameDnsAAAARecord": false,
        },
        "Tags": records.tags_of(&subnet.id),
    })
}

pub(crate) fn create(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    for member in ["Ipv6CidrBlock", "OutpostArn", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength"] {
        if input.has(member) {
            return Err(unsupported("CreateSubnet", member));
        }
    }
    if input.flag("Ipv6Native") == Some(true) {
        return Err(unsupported("CreateSubnet", "Ipv6Native"));
    }
    let vpc = records.vpc(input.required("VpcId"))?.clone();
    let given = input.text("CidrBlock").ok_or_else(|| missing("cidrBlock"))?;
    let block = cidr::given("cidrBlock", given)?;
    if !cidr::PREFIX_LENGTHS.contains(&block.prefix_len()) || !vpc.cidr.contains(&block) {
        return Err(error("InvalidSubnet.Range", format!("The CIDR '{given}' is invalid.")));
    }
    if records.subnets.values().any(|other| other.vpc == vpc.id && cidr::overlap(other.cidr, block)) {
        return Err(error("InvalidSubnet.Conflict", format!("The CIDR '{given}' conflicts with another subnet")));
    }
    let zones = availability_zone::zones(&records.region);
    let zone = match (input.text("AvailabilityZone"), input.text("AvailabilityZoneId")) {
        (Some(name), _) => zones.into_iter().find(|zone| zone.name == name).ok_or_else(|| {
            invalid_parameter(format!("Value ({name}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: {}.", zone_names(&records.region)))
        })?,
        (None, Some(id)) => zones.into_iter().find(|zone| zone.id == id).ok_or_else(|| {
            invalid_parameter(format!("Value ({id}) for parameter availabilityZoneId is invalid."))
        })?,
        (None, None) => zones.into_iter().next().ok_or_else(|| AwsError::internal("the region has no zones"))?,
    };
    let id = resource_id("subnet");
    let subnet = Subnet {
        id: id.clone(),
        vpc: vpc.id,
        cidr: block,
        zone: zone.name,
        zone_id: zone.id,
        default: false,
        map_public_ip: false,
    };
    records.subnets.insert(id.clone(), subnet);
    request_tags::on_creation(records, input, "subnet", &id)?;
    Ok(json!({ "Subnet": describe_one(records, records.subnet(&id)?) }))
}

fn zone_names(region: &str) -> String {
    availability_zone::zones(region).into_iter().map(|zone| zone.name).collect::<Vec<_>>().join(", ")
}

pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = input.required("SubnetId");
    records.subnet(id)?;
    if !subnet_address::taken(records, id).is_empty() {
        return Err(dependency(format!("The subnet '{id}' has dependencies and cannot be deleted.")));
    }
    records.subnets.remove(id);
    for table in records.tables.values_mut() {
        table.associations.retain(|association| association.subnet.as_deref() != Some(id));
    }
    records.tags.remove(id);
    Ok(json!({}))
}

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let all = records.subnets.values().map(|subnet| describe_one(records, subnet)).collect();
    let chosen = selected(all, input, "SubnetIds", "SubnetId", |id| not_found_as("subnet", id))?;
    let paths = &[
        ("subnet-id", "SubnetId"),
        ("subnet-arn", "SubnetArn"),
        ("vpc-id", "VpcId"),
        ("availability-zone", "AvailabilityZone"),
        ("availabilityZone", "AvailabilityZone"),
        ("availability-zone-id", "AvailabilityZoneId"),
        ("cidr-block", "CidrBlock"),
        ("cidr", "CidrBlock"),
        ("cidrBlock", "CidrBlock"),
        ("default-for-az", "DefaultForAz"),
        ("defaultForAz", "DefaultForAz"),
        ("map-public-ip-on-launch", "MapPublicIpOnLaunch"),
        ("available-ip-address-count", "AvailableIpAddressCount"),
        ("owner-id", "OwnerId"),
        ("state", "State"),
    ];
    page("Subnets", filtered(chosen, input, paths)?, input)
}

pub(crate) fn modify_attribute(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = input.required("SubnetId");
    let members = input.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    for member in members {
        if !["SubnetId", "MapPublicIpOnLaunch"].contains(&member) {
            return Err(unsupported("ModifySubnetAttribute", member));
        }
    }
    let subnet = records.subnets.get_mut(id).ok_or_else(|| not_found_as("subnet", id))?;
    let value = input.get("MapPublicIpOnLaunch").and_then(|attribute| attribute.flag("Value"));
    subnet.map_public_ip = value.ok_or_else(|| missing("attribute"))?;
    Ok(json!({}))
}
