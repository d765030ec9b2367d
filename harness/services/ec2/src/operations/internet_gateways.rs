//! Internet gateways.

use nightproof_core::quota;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, not_found_as};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{InternetGateway, NatGateway, Records};
use crate::request_tags::{self, TagSpecification};
use crate::resource_id::resource_id;

fn describe_one(records: &Records, gateway: &InternetGateway) -> Value {
    let attachments: Vec<Value> = gateway.vpc.iter().map(|vpc| json!({ "State": "available", "VpcId": vpc })).collect();
    json!({
        "InternetGatewayId": gateway.id,
        "OwnerId": records.account,
        "Attachments": attachments,
        "Tags": records.tags_of(&gateway.id),
    })
}

/// `CreateInternetGateway`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateInternetGateway {
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn create(records: &mut Records, input: &CreateInternetGateway) -> Result<Value, AwsError> {
    if quota::INTERNET_GATEWAYS.is_reached_by(records.gateways.len()) {
        return Err(error("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached."));
    }
    let id = resource_id("igw");
    records.gateways.insert(id.clone(), InternetGateway { id: id.clone(), vpc: None });
    request_tags::on_creation(records, &input.tag_specifications, "internet-gateway", &id)?;
    Ok(json!({ "InternetGateway": describe_one(records, records.gateway(&id)?) }))
}

/// `DeleteInternetGateway`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteInternetGateway.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteInternetGateway {
    #[serde(default)]
    dry_run: bool,
    internet_gateway_id: String,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteInternetGateway) -> Result<Value, AwsError> {
    let id = input.internet_gateway_id.as_str();
    if records.gateway(id)?.vpc.is_some() {
        return Err(dependency(format!("The internetGateway '{id}' has dependencies and cannot be deleted.")));
    }
    records.gateways.remove(id);
    records.tags.remove(id);
    Ok(json!({}))
}

/// `DescribeInternetGateways`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInternetGateways {
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    internet_gateway_ids: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe(records: &Records, input: &DescribeInternetGateways) -> Result<Value, AwsError> {
    let all = records.gateways.values().map(|gateway| describe_one(records, gateway)).collect();
    let chosen = selected(all, &input.internet_gateway_ids, "InternetGatewayId", |id| not_found_as("igw", id))?;
    let paths = &[
        ("internet-gateway-id", "InternetGatewayId"),
        ("attachment.vpc-id", "Attachments.VpcId"),
        ("attachment.state", "Attachments.State"),
        ("owner-id", "OwnerId"),
    ];
    page("InternetGateways", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// `AttachInternetGateway`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttachInternetGateway {
    #[serde(default)]
    dry_run: bool,
    internet_gateway_id: String,
    vpc_id: String,
}

pub(crate) fn attach(records: &mut Records, input: &AttachInternetGateway) -> Result<Value, AwsError> {
    let (id, vpc) = (input.internet_gateway_id.as_str(), input.vpc_id.as_str());
    let gateway = records.gateway(id)?;
    records.vpc(vpc)?;
    if let Some(other) = &gateway.vpc {
        return Err(error("Resource.AlreadyAssociated", format!("resource {id} is already attached to network {other}")));
    }
    if records.gateways.values().any(|gateway| gateway.vpc.as_deref() == Some(vpc)) {
        return Err(invalid_attachment(vpc));
    }
    if let Some(gateway) = records.gateways.get_mut(id) {
        gateway.vpc = Some(vpc.to_owned());
    }
    Ok(json!({}))
}

fn invalid_attachment(vpc: &str) -> AwsError {
    invalid_parameter(format!("Network {vpc} already has an internet gateway attached"))
}

/// `DetachInternetGateway`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DetachInternetGateway {
    #[serde(default)]
    dry_run: bool,
    internet_gateway_id: String,
    vpc_id: String,
}

pub(crate) fn detach(records: &mut Records, input: &DetachInternetGateway) -> Result<Value, AwsError> {
    let (id, vpc) = (input.internet_gateway_id.as_str(), input.vpc_id.as_str());
    let gateway = records.gateway(id)?;
    records.vpc(vpc)?;
    if gateway.vpc.as_deref() != Some(vpc) {
        return Err(error("Gateway.NotAttached", format!("resource {id} is not attached to network {vpc}")));
    }
    let of_instances = records.instances.values().any(|instance| instance.vpc == vpc && instance.public_ip.is_some())
        || records.interfaces.values().any(|one| one.vpc == vpc && records.elastic_address(&one.id).is_some());
    let public = |nat: &NatGateway| nat.vpc == vpc && nat.deleted.is_none() && nat.allocation.is_some();
    if of_instances || records.nat_gateways.values().any(public) {
        return Err(dependency(format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        )));
    }
    if let Some(gateway) = records.gateways.get_mut(id) {
        gateway.vpc = None;
    }
    Ok(json!({}))
}

requests! {
    CreateInternetGateway { dry_run, tag_specifications },
    DeleteInternetGateway { dry_run },
    DescribeInternetGateways { dry_run },
    AttachInternetGateway { dry_run },
    DetachInternetGateway { dry_run },
}
