//! Elastic IP addresses.

use std::net::Ipv4Addr;

use nightproof_core::quota;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{error, invalid_parameter, missing, not_found_as};
use crate::filter::{Filter, filtered, selected};
use crate::records::{Address, Records};
use crate::request_tags::{self, TagSpecification};
use crate::resource_id::resource_id;

fn describe_one(records: &Records, address: &Address) -> Value {
    let mut described = json!({
        "AllocationId": address.allocation,
        "PublicIp": address.ip.to_string(),
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": records.region,
        "Tags": records.tags_of(&address.allocation),
    });
    let (Some(members), Some((association, with))) = (described.as_object_mut(), &address.association) else { return described };
    let mut say = |name: &str, value: &str| members.insert(name.to_owned(), value.into());
    let instance = records.instances.get(with).or_else(|| records.instance_with(with));
    if let Some(instance) = instance {
        say("InstanceId", &instance.id);
    }
    let interface = match (instance, records.nat_gateways.get(with), records.interfaces.get(with)) {
        (Some(instance), ..) => Some((&instance.interface.id, instance.private_ip)),
        (None, Some(gateway), _) => Some((&gateway.interface, gateway.private_ip)),
        (None, None, Some(interface)) => Some((&interface.id, interface.private_ip)),
        (None, None, None) => None,
    };
    if let Some((interface, private_ip)) = interface {
        say("AssociationId", association);
        say("NetworkInterfaceId", interface);
        say("NetworkInterfaceOwnerId", &records.account);
        say("PrivateIpAddress", &private_ip.to_string());
    }
    described
}

/// `AllocateAddress`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AllocateAddress {
    domain: Option<String>,
    network_border_group: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn allocate(records: &mut Records, input: &AllocateAddress) -> Result<Value, AwsError> {
    if input.domain.as_deref().is_some_and(|domain| domain != "vpc") {
        return Err(invalid_parameter("EC2-Classic addresses are not available any more: the domain is vpc."));
    }
    check_border_group(records, input.network_border_group.as_deref())?;
    if quota::ADDRESSES.is_reached_by(records.addresses.len()) {
        return Err(error("AddressLimitExceeded", "The maximum number of addresses has been reached."));
    }
    let ip = records.take_public_address();
    let id = resource_id("eipalloc");
    records.addresses.insert(id.clone(), Address { allocation: id.clone(), ip, association: None });
    request_tags::on_creation(records, &input.tag_specifications, "elastic-ip", &id)?;
    Ok(json!({
        "AllocationId": id, "PublicIp": ip.to_string(), "Domain": "vpc", "PublicIpv4Pool": "amazon", "NetworkBorderGroup": records.region,
    }))
}

/// The only group that addresses are advertised from is the region's own.
fn check_border_group(records: &Records, group: Option<&str>) -> Result<(), AwsError> {
    match group {
        Some(group) if group != records.region => {
            Err(error("InvalidAddress.NotFound", format!("The network border group '{group}' does not exist.")))
        }
        _ => Ok(()),
    }
}

/// The address of an allocation, or the one with a public IP address.
fn named(records: &Records, allocation: Option<&str>, ip: Option<&str>) -> Result<String, AwsError> {
    if let Some(id) = allocation {
        return records.addresses.get(id).map(|address| address.allocation.clone()).ok_or_else(|| not_found_as("eipalloc", id));
    }
    let ip = ip.ok_or_else(|| missing("allocationId"))?;
    let found = records.addresses.values().find(|address| address.ip.to_string() == ip);
    found
        .map(|address| address.allocation.clone())
        .ok_or_else(|| error("InvalidAddress.NotFound", format!("Address '{ip}' not found.")))
}

/// `ReleaseAddress`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReleaseAddress {
    allocation_id: Option<String>,
    public_ip: Option<String>,
    network_border_group: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn release(records: &mut Records, input: &ReleaseAddress) -> Result<Value, AwsError> {
    check_border_group(records, input.network_border_group.as_deref())?;
    let id = named(records, input.allocation_id.as_deref(), input.public_ip.as_deref())?;
    if let Some(address) = records.addresses.get(&id)
        && address.association.is_some()
    {
        return Err(error("InvalidIPAddress.InUse", format!("Address {} is in use.", address.ip)));
    }
    records.addresses.remove(&id);
    records.tags.remove(&id);
    Ok(json!({}))
}

/// `AssociateAddress`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AssociateAddress {
    allocation_id: Option<String>,
    instance_id: Option<String>,
    public_ip: Option<String>,
    #[serde(default)]
    dry_run: bool,
    network_interface_id: Option<String>,
    allow_reassociation: Option<bool>,
}

pub(crate) fn associate(records: &mut Records, input: &AssociateAddress) -> Result<Value, AwsError> {
    let id = named(records, input.allocation_id.as_deref(), input.public_ip.as_deref())?;
    let (with, vpc) = match (input.instance_id.as_deref(), input.network_interface_id.as_deref()) {
        (Some(instance), None) => {
            let instance = records.instance(instance)?;
            if instance.is_terminated() {
                let message = format!("The instance '{}' is not in a valid state for this operation.", instance.id);
                return Err(error("InvalidInstanceID", message));
            }
            // An address stays with an interface that the instance did not bring.
            let is_own = !records.interfaces.contains_key(&instance.interface.id);
            (if is_own { instance.id.clone() } else { instance.interface.id.clone() }, instance.vpc.clone())
        }
        (None, Some(interface)) => match (records.interfaces.get(interface), records.instance_with(interface)) {
            (Some(found), _) => (found.id.clone(), found.vpc.clone()),
            (None, Some(instance)) => (instance.id.clone(), instance.vpc.clone()),
            (None, None) => return Err(not_found_as("eni", interface)),
        },
        _ => return Err(error("InvalidParameterCombination", "Either an instance id or a network interface id must be given")),
    };
    if !records.gateways.values().any(|gateway| gateway.vpc.as_deref() == Some(&vpc)) {
        return Err(error("Gateway.NotAttached", format!("Network {vpc} is not attached to any internet gateway")));
    }
    if of_nat_gateway(records, &id) {
        return Err(no_access());
    }
    let reassociate = input.allow_reassociation.unwrap_or(true);
    let association = resource_id("eipassoc");
    for address in records.addresses.values_mut() {
        let here = address.association.as_ref().is_some_and(|(_, other)| *other == with);
        if here && address.allocation != id {
            address.association = None;
        }
    }
    let Some(address) = records.addresses.get_mut(&id) else { return Err(not_found_as("eipalloc", &id)) };
    let before = address.association.replace((association.clone(), with.clone()));
    let ip = address.ip;
    if let Some((_, other)) = before
        && other != with
    {
        if !reassociate {
            return Err(error("Resource.AlreadyAssociated", format!("resource {id} is already associated with {other}")));
        }
        set_public_address(records, &other, None);
    }
    set_public_address(records, &with, Some(ip));
    Ok(json!({ "AssociationId": association }))
}

/// Gives the public address to an instance, or to the one that has an interface; an interface alone keeps it by the association.
fn set_public_address(records: &mut Records, with: &str, ip: Option<Ipv4Addr>) {
    let id = records.instance_with(with).map_or_else(|| with.to_owned(), |instance| instance.id.clone());
    if let Some(instance) = records.instances.get_mut(&id) {
        instance.public_ip = ip;
    }
}

/// Whether a NAT gateway has the address, which keeps it for as long as it is there.
fn of_nat_gateway(records: &Records, id: &str) -> bool {
    let association = records.addresses.get(id).and_then(|address| address.association.as_ref());
    association.is_some_and(|(_, with)| records.nat_gateways.contains_key(with))
}

fn no_access() -> AwsError {
    error("AuthFailure", "You do not have permission to access the specified resource.")
}

/// `DisassociateAddress`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateAddress.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DisassociateAddress {
    association_id: Option<String>,
    public_ip: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn disassociate(records: &mut Records, input: &DisassociateAddress) -> Result<Value, AwsError> {
    let wanted = input.association_id.as_deref();
    let ip = input.public_ip.as_deref();
    let found = records.addresses.values().find(|address| {
        address.association.as_ref().is_some_and(|(association, _)| Some(association.as_str()) == wanted)
            || ip == Some(address.ip.to_string().as_str())
    });
    let id = found.map(|address| address.allocation.clone());
    let id = id.ok_or_else(|| not_found_as("eipassoc", wanted.or(ip).unwrap_or_default()))?;
    if of_nat_gateway(records, &id) {
        return Err(no_access());
    }
    let Some(address) = records.addresses.get_mut(&id) else { return Err(not_found_as("eipalloc", &id)) };
    if let Some((_, with)) = address.association.take() {
        set_public_address(records, &with, None);
    }
    Ok(json!({}))
}

/// `DescribeAddresses`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAddresses {
    #[serde(default)]
    public_ips: Vec<String>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    allocation_ids: Vec<String>,
}

pub(crate) fn describe(records: &Records, input: &DescribeAddresses) -> Result<Value, AwsError> {
    let all = records.addresses.values().map(|address| describe_one(records, address)).collect();
    let chosen = selected(all, &input.allocation_ids, "AllocationId", |id| not_found_as("eipalloc", id))?;
    let chosen = selected(chosen, &input.public_ips, "PublicIp", |ip| {
        error("InvalidAddress.NotFound", format!("Address '{ip}' not found."))
    })?;
    let paths = &[
        ("allocation-id", "AllocationId"),
        ("association-id", "AssociationId"),
        ("public-ip", "PublicIp"),
        ("instance-id", "InstanceId"),
        ("network-interface-id", "NetworkInterfaceId"),
        ("private-ip-address", "PrivateIpAddress"),
        ("domain", "Domain"),
    ];
    Ok(json!({ "Addresses": filtered(chosen, &input.filters, paths)? }))
}

requests! {
    AllocateAddress { dry_run, tag_specifications },
    ReleaseAddress { dry_run },
    AssociateAddress { dry_run },
    DisassociateAddress { dry_run },
    DescribeAddresses { dry_run },
}
