//! NAT gateways. They are available at once, where AWS takes minutes.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client_token;
use crate::error::{error, missing, not_found_as};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{NatGateway, Records};
use crate::request_tags::{self, TagSpecification};
use crate::resource_id::resource_id;
use crate::subnet_address;

fn describe_one(records: &Records, gateway: &NatGateway) -> Value {
    let mut address = json!({
        "NetworkInterfaceId": gateway.interface, "PrivateIp": gateway.private_ip.to_string(), "IsPrimary": true, "Status": "succeeded",
    });
    let elastic = gateway.allocation.as_ref().and_then(|id| records.addresses.get(id));
    if let (Some(members), Some(elastic)) = (address.as_object_mut(), elastic) {
        members.insert("AllocationId".to_owned(), elastic.allocation.as_str().into());
        members.insert("PublicIp".to_owned(), elastic.ip.to_string().into());
        if let Some((association, _)) = &elastic.association {
            members.insert("AssociationId".to_owned(), association.as_str().into());
        }
    }
    let mut described = json!({
        "NatGatewayId": gateway.id,
        "VpcId": gateway.vpc,
        "SubnetId": gateway.subnet,
        "State": if gateway.deleted.is_some() { "deleted" } else { "available" },
        "ConnectivityType": if gateway.allocation.is_some() { "public" } else { "private" },
        "NatGatewayAddresses": [address],
        "CreateTime": gateway.created,
        "Tags": records.tags_of(&gateway.id),
    });
    if let (Some(members), Some(deleted)) = (described.as_object_mut(), gateway.deleted) {
        members.insert("DeleteTime".to_owned(), json!(deleted));
    }
    described
}

/// `CreateNatGateway`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateNatGateway {
    allocation_id: Option<String>,
    client_token: Option<String>,
    #[serde(default)]
    dry_run: bool,
    subnet_id: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    connectivity_type: Option<String>,
    private_ip_address: Option<String>,
}

pub(crate) fn create(records: &mut Records, input: &CreateNatGateway, now: Timestamp) -> Result<Value, AwsError> {
    let token = client_token::given(input.client_token.as_ref());
    if let Some(before) = client_token::made_before(token, records.nat_gateways.values(), |gateway| gateway.client_token.as_ref())
    {
        return Ok(json!({ "NatGateway": describe_one(records, before), "ClientToken": token }));
    }
    let is_public = match input.connectivity_type.as_deref() {
        None | Some("public") => true,
        Some("private") => false,
        Some(other) => {
            return Err(error("InvalidParameter", format!("Value ({other}) for parameter connectivityType is invalid.")));
        }
    };
    let subnet = records.subnet(input.subnet_id.as_deref().ok_or_else(|| missing("subnetId"))?)?.clone();
    let allocation = match (is_public, input.allocation_id.as_deref()) {
        (true, None) => return Err(missing("AllocationId")),
        (false, Some(_)) => {
            return Err(error("InvalidParameterCombination", "AllocationId cannot be specified for a private NAT gateway."));
        }
        (_, given) => given.map(str::to_owned),
    };
    if let Some(id) = &allocation {
        let address = records.addresses.get(id).ok_or_else(|| not_found_as("eipalloc", id))?;
        if address.association.is_some() {
            return Err(error("Resource.AlreadyAssociated", format!("resource {id} is already associated")));
        }
        let vpc = &subnet.vpc;
        if !records.gateways.values().any(|gateway| gateway.vpc.as_ref() == Some(vpc)) {
            return Err(error("Gateway.NotAttached", format!("Network {vpc} has no Internet gateway attached")));
        }
    }
    let private_ip = subnet_address::free(records, &subnet, input.private_ip_address.as_deref())?;
    let id = resource_id("nat");
    if let Some(address) = allocation.as_ref().and_then(|allocation| records.addresses.get_mut(allocation)) {
        address.association = Some((resource_id("eipassoc"), id.clone()));
    }
    let gateway = NatGateway {
        id: id.clone(),
        vpc: subnet.vpc,
        subnet: subnet.id,
        interface: resource_id("eni"),
        private_ip,
        allocation,
        created: now,
        deleted: None,
        client_token: token.map(str::to_owned),
    };
    records.nat_gateways.insert(id.clone(), gateway.clone());
    request_tags::on_creation(records, &input.tag_specifications, "natgateway", &id)?;
    let mut described = describe_one(records, &gateway);
    if let Some(members) = described.as_object_mut() {
        members.insert("State".to_owned(), "pending".into());
    }
    Ok(json!({ "NatGateway": described, "ClientToken": input.client_token.as_deref() }))
}

/// `DeleteNatGateway`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteNatGateway {
    #[serde(default)]
    dry_run: bool,
    nat_gateway_id: String,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteNatGateway, now: Timestamp) -> Result<Value, AwsError> {
    let id = input.nat_gateway_id.as_str();
    let gateway = records.nat_gateways.get_mut(id).ok_or_else(|| not_found_as("nat", id))?;
    if gateway.deleted.is_none() {
        gateway.deleted = Some(now);
        for address in records.addresses.values_mut() {
            if address.association.as_ref().is_some_and(|(_, with)| with == id) {
                address.association = None;
            }
        }
    }
    Ok(json!({ "NatGatewayId": id }))
}

/// `DescribeNatGateways`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeNatGateways {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filter: Vec<Filter>,
    max_results: Option<i64>,
    #[serde(default)]
    nat_gateway_ids: Vec<String>,
    next_token: Option<String>,
}

pub(crate) fn describe(records: &Records, input: &DescribeNatGateways) -> Result<Value, AwsError> {
    let all = records.nat_gateways.values().map(|gateway| describe_one(records, gateway)).collect();
    let chosen = selected(all, &input.nat_gateway_ids, "NatGatewayId", |id| not_found_as("nat", id))?;
    let paths = &[("nat-gateway-id", "NatGatewayId"), ("state", "State"), ("subnet-id", "SubnetId"), ("vpc-id", "VpcId")];
    // This operation alone has its filters in a member of the singular.
    page("NatGateways", filtered(chosen, &input.filter, paths)?, input.max_results, input.next_token.as_deref())
}

requests! {
    CreateNatGateway { dry_run, tag_specifications },
    DeleteNatGateway { dry_run },
    DescribeNatGateways { dry_run },
}
