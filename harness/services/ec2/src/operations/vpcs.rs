//! VPCs. Each comes with a main route table, a default network ACL and a default security group.

use nightproof_core::quota;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, missing, not_found_as, unsupported};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{Records, Vpc};
use crate::request::BooleanValue;
use crate::request_tags::{self, TagSpecification};
use crate::{cidr, security_group, vpc};

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

/// `CreateVpc`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateVpc {
    cidr_block: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    #[serde(default)]
    dry_run: bool,
    instance_tenancy: Option<String>,
    #[serde(default)]
    amazon_provided_ipv6_cidr_block: bool,
}

pub(crate) fn create(records: &mut Records, input: &CreateVpc) -> Result<Value, AwsError> {
    if input.amazon_provided_ipv6_cidr_block {
        return Err(unsupported("CreateVpc", "AmazonProvidedIpv6CidrBlock"));
    }
    let given = input.cidr_block.as_deref().ok_or_else(|| missing("CidrBlock"))?;
    let block = cidr::given("cidrBlock", given)?;
    if !cidr::PREFIX_LENGTHS.contains(&block.prefix_len()) {
        return Err(error("InvalidVpc.Range", format!("The CIDR '{given}' is invalid.")));
    }
    let tenancy = input.instance_tenancy.as_deref().unwrap_or("default");
    if !["default", "dedicated"].contains(&tenancy) {
        return Err(invalid_parameter(format!("Value ({tenancy}) for parameter instanceTenancy is invalid.")));
    }
    if quota::VPCS.is_reached_by(records.vpcs.len()) {
        return Err(error("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
    }
    let id = vpc::add(records, block, false, tenancy);
    request_tags::on_creation(records, &input.tag_specifications, "vpc", &id)?;
    Ok(json!({ "Vpc": describe_one(records, records.vpc(&id)?) }))
}

/// `DeleteVpc`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteVpc {
    vpc_id: String,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteVpc) -> Result<Value, AwsError> {
    let id = input.vpc_id.as_str();
    records.vpc(id)?;
    let used = records.subnets.values().any(|subnet| subnet.vpc == id)
        || records.gateways.values().any(|gateway| gateway.vpc.as_deref() == Some(id))
        || records.tables.values().any(|table| table.vpc == id && !table.is_main())
        || records.network_acls.values().any(|acl| acl.vpc == id && !acl.default)
        || records.vpc_endpoints.values().any(|endpoint| endpoint.vpc == id)
        || records.groups.values().any(|group| group.vpc == id && group.name != "default");
    if used {
        return Err(dependency(format!("The vpc '{id}' has dependencies and cannot be deleted.")));
    }
    records.vpcs.remove(id);
    records.tables.retain(|_, table| table.vpc != id);
    records.network_acls.retain(|_, acl| acl.vpc != id);
    let groups: Vec<String> = records.groups.values().filter(|group| group.vpc == id).map(|group| group.id.clone()).collect();
    for group in groups {
        security_group::remove(records, &group);
    }
    records.tags.remove(id);
    Ok(json!({}))
}

/// `DescribeVpcs`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeVpcs {
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    vpc_ids: Vec<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn describe(records: &Records, input: &DescribeVpcs) -> Result<Value, AwsError> {
    let all = records.vpcs.values().map(|vpc| describe_one(records, vpc)).collect();
    let chosen = selected(all, &input.vpc_ids, "VpcId", |id| not_found_as("vpc", id))?;
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
    page("Vpcs", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// `ModifyVpcAttribute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifyVpcAttribute {
    enable_dns_hostnames: Option<BooleanValue>,
    enable_dns_support: Option<BooleanValue>,
    vpc_id: String,
}

pub(crate) fn modify_attribute(records: &mut Records, input: &ModifyVpcAttribute) -> Result<Value, AwsError> {
    let id = input.vpc_id.as_str();
    let value = |attribute: &Option<BooleanValue>| attribute.as_ref().and_then(|attribute| attribute.value);
    let vpc = records.vpcs.get_mut(id).ok_or_else(|| not_found_as("vpc", id))?;
    match (value(&input.enable_dns_support), value(&input.enable_dns_hostnames)) {
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

/// `DescribeVpcAttribute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeVpcAttribute {
    attribute: String,
    vpc_id: String,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn describe_attribute(records: &Records, input: &DescribeVpcAttribute) -> Result<Value, AwsError> {
    let vpc = records.vpc(input.vpc_id.as_str())?;
    match input.attribute.as_str() {
        "enableDnsSupport" => Ok(json!({ "VpcId": vpc.id, "EnableDnsSupport": { "Value": vpc.dns_support } })),
        "enableDnsHostnames" => Ok(json!({ "VpcId": vpc.id, "EnableDnsHostnames": { "Value": vpc.dns_hostnames } })),
        "enableNetworkAddressUsageMetrics" => {
            Ok(json!({ "VpcId": vpc.id, "EnableNetworkAddressUsageMetrics": { "Value": false } }))
        }
        other => Err(invalid_parameter(format!("Value ({other}) for parameter attribute is invalid. Unknown attribute."))),
    }
}

requests! {
    CreateVpc { dry_run, tag_specifications },
    DeleteVpc { dry_run },
    DescribeVpcs { dry_run },
    ModifyVpcAttribute {},
    DescribeVpcAttribute { dry_run },
}
