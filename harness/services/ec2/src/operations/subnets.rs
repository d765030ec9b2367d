//! Subnets and their addresses.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, missing, not_found_as, unsupported};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{Records, Subnet};
use crate::request::BooleanValue;
use crate::request_tags::{self, TagSpecification};
use crate::resource_id::resource_id;
use crate::{availability_zone, cidr, subnet_address};

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

/// `CreateSubnet`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateSubnet {
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    availability_zone: Option<String>,
    availability_zone_id: Option<String>,
    cidr_block: Option<String>,
    vpc_id: String,
    #[serde(default)]
    ipv6_native: bool,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn create(records: &mut Records, input: &CreateSubnet) -> Result<Value, AwsError> {
    if input.ipv6_native {
        return Err(unsupported("CreateSubnet", "Ipv6Native"));
    }
    let vpc = records.vpc(input.vpc_id.as_str())?.clone();
    let given = input.cidr_block.as_deref().ok_or_else(|| missing("cidrBlock"))?;
    let block = cidr::given("cidrBlock", given)?;
    if !cidr::PREFIX_LENGTHS.contains(&block.prefix_len()) || !vpc.cidr.contains(&block) {
        return Err(error("InvalidSubnet.Range", format!("The CIDR '{given}' is invalid.")));
    }
    if records.subnets.values().any(|other| other.vpc == vpc.id && cidr::overlap(other.cidr, block)) {
        return Err(error("InvalidSubnet.Conflict", format!("The CIDR '{given}' conflicts with another subnet")));
    }
    let zones = availability_zone::zones(&records.region);
    let zone = match (input.availability_zone.as_deref(), input.availability_zone_id.as_deref()) {
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
    records.associate_default_acl(&subnet.vpc, &id);
    records.subnets.insert(id.clone(), subnet);
    request_tags::on_creation(records, &input.tag_specifications, "subnet", &id)?;
    Ok(json!({ "Subnet": describe_one(records, records.subnet(&id)?) }))
}

fn zone_names(region: &str) -> String {
    availability_zone::zones(region).into_iter().map(|zone| zone.name).collect::<Vec<_>>().join(", ")
}

/// `DeleteSubnet`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteSubnet {
    subnet_id: String,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteSubnet) -> Result<Value, AwsError> {
    let id = input.subnet_id.as_str();
    records.subnet(id)?;
    if !subnet_address::taken(records, id).is_empty() {
        return Err(dependency(format!("The subnet '{id}' has dependencies and cannot be deleted.")));
    }
    records.subnets.remove(id);
    for table in records.tables.values_mut() {
        table.associations.retain(|association| association.subnet.as_deref() != Some(id));
    }
    for acl in records.network_acls.values_mut() {
        acl.associations.retain(|association| association.subnet != id);
    }
    records.tags.remove(id);
    Ok(json!({}))
}

/// `DescribeSubnets`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeSubnets {
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    subnet_ids: Vec<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn describe(records: &Records, input: &DescribeSubnets) -> Result<Value, AwsError> {
    let all = records.subnets.values().map(|subnet| describe_one(records, subnet)).collect();
    let chosen = selected(all, &input.subnet_ids, "SubnetId", |id| not_found_as("subnet", id))?;
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
    page("Subnets", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// `ModifySubnetAttribute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifySubnetAttribute {
    map_public_ip_on_launch: Option<BooleanValue>,
    subnet_id: String,
}

pub(crate) fn modify_attribute(records: &mut Records, input: &ModifySubnetAttribute) -> Result<Value, AwsError> {
    let id = input.subnet_id.as_str();
    let subnet = records.subnets.get_mut(id).ok_or_else(|| not_found_as("subnet", id))?;
    let value = input.map_public_ip_on_launch.as_ref().and_then(|attribute| attribute.value);
    subnet.map_public_ip = value.ok_or_else(|| missing("attribute"))?;
    Ok(json!({}))
}

requests! {
    CreateSubnet { dry_run, tag_specifications },
    DeleteSubnet { dry_run },
    DescribeSubnets { dry_run },
    ModifySubnetAttribute {},
}
