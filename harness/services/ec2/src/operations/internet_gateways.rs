//! Internet gateways.

use nightproof_core::document::Members as _;
use nightproof_core::quota;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::{dependency, error, invalid_parameter, not_found_as};
use crate::filter::{filtered, page, selected};
use crate::records::{InternetGateway, NatGateway, Records};
use crate::request_tags;
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

pub(crate) fn create(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    if quota::INTERNET_GATEWAYS.is_reached_by(records.gateways.len()) {
        return Err(error("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached."));
    }
    let id = resource_id("igw");
    records.gateways.insert(id.clone(), InternetGateway { id: id.clone(), vpc: None });
    request_tags::on_creation(records, input, "internet-gateway", &id)?;
    Ok(json!({ "InternetGateway": describe_one(records, records.gateway(&id)?) }))
}

pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let id = input.required("InternetGatewayId");
    if records.gateway(id)?.vpc.is_some() {
        return Err(dependency(format!("The internetGateway '{id}' has dependencies and cannot be deleted.")));
    }
    records.gateways.remove(id);
    records.tags.remove(id);
    Ok(json!({}))
}

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let all = records.gateways.values().map(|gateway| describe_one(records, gateway)).collect();
    let chosen = selected(all, input, "InternetGatewayIds", "InternetGatewayId", |id| not_found_as("igw", id))?;
    let paths = &[
        ("internet-gateway-id", "InternetGatewayId"),
        ("attachment.vpc-id", "Attachments.VpcId"),
        ("attachment.state", "Attachments.State"),
        ("owner-id", "OwnerId"),
    ];
    page("InternetGateways", filtered(chosen, input, paths)?, input)
}

pub(crate) fn attach(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let (id, vpc) = (input.required("InternetGatewayId"), input.required("VpcId"));
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

pub(crate) fn detach(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let (id, vpc) = (input.required("InternetGatewayId"), input.required("VpcId"));
    let gateway = records.gateway(id)?;
    records.vpc(vpc)?;
    if gateway.vpc.as_deref() != Some(vpc) {
        return Err(error("Gateway.NotAttached", format!("resource {id} is not attached to network {vpc}")));
    }
    let of_instances = records.instances.values().any(|instance| instance.vpc == vpc && instance.public_ip.is_some());
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
