//! VPCs. Each comes with a main route table and a default security group.

use nightproof_core::document::Members as _;
use nightproof_core::quota;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, missing, not_found_as, unsupported};
use crate::filter::{filtered, page, selected};
use crate::records::{Records, Vpc};
use crate::{cidr, request_tags, security_group, vpc};

fn describe_one(records: &Records, vpc: &Vpc) -> Value {
    json!({
        "VpcId": vpc.id,
        "OwnerId": records.account,
        "State": "available",
        "CidrBlock": vpc.cidr.to_string(),
        "CidrBlockAssociationSet": [{
            "AssociationId": vpc.association, "CidrBlock": vpc.cidr.to_string(), "CidrBlockState": { "State": "associated" },
        }],
        "DhcpOptionsId": "dopt-0f1e2d3c4b5a69788",
        "InstanceTenancy": vpc.tenancy,
        "IsDefault": vpc.default,
        "Tags": records.tags_of(&vpc.id),
    })
}

pub(crate) fn create(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    for member in ["Ipv6Pool", "Ipv6CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength"] {
        if input.has(member) {
            return Err(unsupported("CreateVpc", member));
        }
    }
    if input.flag("AmazonProvidedIpv6CidrBlock") == Some(true) {
        return Err(unsupported("CreateVpc", "AmazonProvidedIpv6CidrBlock"));
    }
    let given = input.text("CidrBlock").ok_or_else(|| missing("CidrBlock"))?;
    let block = cidr::given("cidrBlock", given)?;
    if !cidr::PREFIX_LENGTHS.contains(&block.prefix_len()) {
        return Err(error("InvalidVpc.Range", format!("The CIDR '{given}' is invalid.")));
    }
    let tenancy = input.text("InstanceTenancy").unwrap_or("default");
    if !["default", "dedicated"].contains(&tenancy) {
        return Err(invalid_parameter(format!("Value ({tenancy}) for parameter instanceTenancy is invalid.")));
    }
    if quota::VPCS.is_reached_by(records.vpcs.len()) {
        return Err(error("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
    }
    let id = vpc::add(records, block, false, tenancy);
    request_tags::on_creation(records, input, "vpc", &id)?;
    Ok(json!({ "Vpc": describe_one(records, records.vpc(&id)?) }))
}

pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = input.required("VpcId");
    records.vpc(id)?;
    let used = records.subnets.values().any(|subnet| subnet.vpc == id)
        || records.gateways.values().any(|gateway| gateway.vpc.as_deref() == Some(id))
        || records.tables.values().any(|table| table.vpc == id && !table.is_main())
        || records.groups.values().any(|group| group.vpc == id && group.name != "default");
    if used {
        return Err(dependency(format!("The vpc '{id}' has dependencies and cannot be deleted.")));
    }
    records.vpcs.remove(id);
    records.tables.retain(|_, table| table.vpc != id);
    let groups: Vec<String> = records.groups.values().filter(|group| group.vpc == id).map(|group| group.id.clone()).collect();
    for group in groups {
        security_group::remove(records, &group);
    }
    records.tags.remove(id);
    Ok(json!({}))
}

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let all = records.vpcs.values().map(|vpc| describe_one(records, vpc)).collect();
    let chosen = selected(all, input, "VpcIds", "VpcId", |id| not_found_as("vpc", id))?;
    let paths = &[
        ("vpc-id", "VpcId"),
        ("cidr", "CidrBlock"),
        ("cidr-block-association.cidr-block", "CidrBlockAssociationSet.CidrBlock"),
        ("cidr-block-association.association-id", "CidrBlockAssociationSet.AssociationId"),
        ("dhcp-options-id", "DhcpOptionsId"),
        ("is-default", "IsDefault"),
        ("isDefault", "IsDefault"),
        ("owner-id", "OwnerId"),
        ("state", "State"),
    ];
    page("Vpcs", filtered(chosen, input, paths)?, input)
}

pub(crate) fn modify_attribute(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = input.required("VpcId");
    if input.has("EnableNetworkAddressUsageMetrics") {
        return Err(unsupported("ModifyVpcAttribute", "EnableNetworkAddressUsageMetrics"));
    }
    let value = |name: &str| input.get(name).and_then(|attribute| attribute.flag("Value"));
    let vpc = records.vpcs.get_mut(id).ok_or_else(|| not_found_as("vpc", id))?;
    match (value("EnableDnsSupport"), value("EnableDnsHostnames")) {
        (Some(support), None) => vpc.dns_support = support,
        (None, Some(hostnames)) => vpc.dns_hostnames = hostnames,
        (None, None) => return Err(missing("attribute")),
        (Some(_), Some(_)) => {
            return Err(error(
                "InvalidParameterCombination",
                "Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport",
            ));
        }
    }
    Ok(json!({}))
}

pub(crate) fn describe_attribute(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let vpc = records.vpc(input.required("VpcId"))?;
    match input.required("Attribute") {
        "enableDnsSupport" => Ok(json!({ "VpcId": vpc.id, "EnableDnsSupport": { "Value": vpc.dns_support } })),
        "enableDnsHostnames" => Ok(json!({ "VpcId": vpc.id, "EnableDnsHostnames": { "Value": vpc.dns_hostnames } })),
        "enableNetworkAddressUsageMetrics" => {
            Ok(json!({ "VpcId": vpc.id, "EnableNetworkAddressUsageMetrics": { "Value": false } }))
        }
        other => Err(invalid_parameter(format!("Value ({other}) for parameter attribute is invalid. Unknown attribute."))),
    }
}
