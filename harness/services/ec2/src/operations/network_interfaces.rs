//! Network interfaces. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html>

use nightproof_core::Principal;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client_token;
use crate::error::{error, invalid_parameter, missing, not_found_as, unsupported};
use crate::filter::{Filter, filtered, page, selected};
use crate::mac_address::mac_address;
use crate::records::{FunctionAttachment, NetworkInterface, Records};
use crate::request::{BooleanValue, TextValue};
use crate::request_tags::{self, TagSpecification};
use crate::resource_id::resource_id;
use crate::{security_group, subnet_address};

/// What the caller of a call is passed on by when Lambda attaches functions to a VPC.
const LAMBDA: &str = "lambda.";
const MOST_SECONDARY: usize = 50;

/// `CreateNetworkInterface`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateNetworkInterface {
    subnet_id: String,
    description: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    private_ip_address: Option<String>,
    #[serde(default)]
    private_ip_addresses: Vec<PrivateAddress>,
    secondary_private_ip_address_count: Option<usize>,
    interface_type: Option<String>,
    client_token: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    #[serde(default)]
    dry_run: bool,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_PrivateIpAddressSpecification.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrivateAddress {
    #[serde(default)]
    primary: bool,
    private_ip_address: Option<String>,
}

pub(crate) fn create(records: &mut Records, input: &CreateNetworkInterface, call: &Call) -> Result<Value, AwsError> {
    let token = client_token::given(input.client_token.as_ref());
    if let Some(before) = client_token::made_before(token, records.interfaces.values(), |one| one.client_token.as_ref()) {
        return Ok(json!({ "NetworkInterface": describe_one(records, before), "ClientToken": token }));
    }
    if let Some(kind) = input.interface_type.as_deref().filter(|kind| *kind != "interface") {
        return Err(unsupported("CreateNetworkInterface", &format!("InterfaceType {kind}")));
    }
    let subnet = records.subnet(&input.subnet_id)?.clone();
    let mut groups = Vec::new();
    for id in &input.groups {
        groups.push(records.group(id)?.id.clone());
    }
    if groups.is_empty() {
        groups.extend(security_group::default_group(records, &subnet.vpc));
    }
    groups.dedup();
    security_group::check_groups(records, &groups, &subnet.vpc, &subnet.id)?;
    let listed_primary = input.private_ip_addresses.iter().find(|one| one.primary);
    if listed_primary.is_some() && input.private_ip_address.is_some() {
        return Err(error(
            "InvalidParameterCombination",
            "The parameters privateIpAddress and privateIpAddresses with a primary address may not be specified together.",
        ));
    }
    let primary = input.private_ip_address.as_deref().or_else(|| listed_primary?.private_ip_address.as_deref());
    let id = resource_id("eni");
    let interface = NetworkInterface {
        id: id.clone(),
        private_ip: subnet_address::free(records, &subnet, primary)?,
        vpc: subnet.vpc.clone(),
        subnet: subnet.id.clone(),
        zone: subnet.zone.clone(),
        zone_id: subnet.zone_id.clone(),
        groups,
        secondary: Vec::new(),
        mac: mac_address(),
        description: input.description.clone().unwrap_or_default(),
        source_dest_check: true,
        client_token: token.map(str::to_owned),
        function: function_attachment(call),
    };
    records.interfaces.insert(id.clone(), interface);
    let named = input.private_ip_addresses.iter().filter(|one| !one.primary);
    let named: Vec<Option<&str>> = named.map(|one| one.private_ip_address.as_deref()).collect();
    let counted = input.secondary_private_ip_address_count.unwrap_or(0);
    if !named.is_empty() && counted > 0 {
        return Err(error(
            "InvalidParameterCombination",
            "The parameters secondaryPrivateIpAddressCount and privateIpAddresses may not be specified together.",
        ));
    }
    if named.len().max(counted) > MOST_SECONDARY {
        return Err(error("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit."));
    }
    for asked in named.into_iter().chain(std::iter::repeat_n(None, counted)) {
        let address = subnet_address::free(records, &subnet, asked)?;
        records.interfaces.entry(id.clone()).and_modify(|one| one.secondary.push(address));
    }
    request_tags::on_creation(records, &input.tag_specifications, "network-interface", &id)?;
    Ok(json!({ "NetworkInterface": describe_one(records, records.interface(&id)?), "ClientToken": token }))
}

/// Present if Lambda makes the interface, as it does in a session of the function's role.
fn function_attachment(call: &Call) -> Option<FunctionAttachment> {
    let Principal::AssumedRole { role_id, session, .. } = &call.caller.principal else { return None };
    call.caller
        .via
        .as_ref()?
        .starts_with(LAMBDA)
        .then(|| FunctionAttachment { id: resource_id("ela-attach"), requester: format!("{role_id}:{session}") })
}

/// `DeleteNetworkInterface`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkInterface.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteNetworkInterface {
    network_interface_id: String,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteNetworkInterface, call: &Call) -> Result<Value, AwsError> {
    let id = input.network_interface_id.as_str();
    let in_use = || invalid_parameter(format!("Network interface '{id}' is currently in use."));
    if records.instance_with(id).is_some() {
        return Err(in_use());
    }
    let by_lambda = matches!(&call.caller.principal, Principal::Service { name } if name == "lambda.amazonaws.com");
    if records.interface(id)?.function.is_some() && !by_lambda {
        return Err(in_use());
    }
    records.remove_interface(id);
    Ok(json!({}))
}

/// `ModifyNetworkInterfaceAttribute`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifyNetworkInterfaceAttribute {
    network_interface_id: String,
    description: Option<TextValue>,
    source_dest_check: Option<BooleanValue>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn modify(records: &mut Records, input: &ModifyNetworkInterfaceAttribute) -> Result<Value, AwsError> {
    let id = input.network_interface_id.as_str();
    let holder = records.instance_with(id).map(|instance| instance.id.clone());
    let (vpc, subnet) = match (&holder, records.interfaces.get(id)) {
        (_, Some(interface)) => (interface.vpc.clone(), interface.subnet.clone()),
        (Some(holder), None) => {
            let instance = records.instance(holder)?;
            (instance.vpc.clone(), instance.subnet.clone())
        }
        (None, None) => return Err(not_found_as("eni", id)),
    };
    let given = [input.description.is_some(), input.source_dest_check.is_some(), !input.groups.is_empty()];
    match given.into_iter().filter(|given| *given).count() {
        0 => return Err(missing("attribute")),
        1 => {}
        _ => return Err(error("InvalidParameterCombination", "Fields for multiple attribute types specified")),
    }
    for group in &input.groups {
        records.group(group)?;
    }
    security_group::check_groups(records, &input.groups, &vpc, &subnet)?;
    let description = input.description.as_ref().map(|one| one.value.clone().unwrap_or_default());
    let check = input.source_dest_check.as_ref().and_then(|one| one.value);
    if let Some(interface) = records.interfaces.get_mut(id) {
        interface.description = description.clone().unwrap_or(std::mem::take(&mut interface.description));
        interface.source_dest_check = check.unwrap_or(interface.source_dest_check);
        if !input.groups.is_empty() {
            interface.groups.clone_from(&input.groups);
        }
    }
    if let Some(holder) = holder {
        let instance = records.instance_mut(&holder)?;
        instance.interface.description = description.unwrap_or(std::mem::take(&mut instance.interface.description));
        instance.interface.source_dest_check = check.unwrap_or(instance.interface.source_dest_check);
        if !input.groups.is_empty() {
            instance.groups.clone_from(&input.groups);
        }
    }
    Ok(json!({}))
}

/// An interface that was made by itself.
fn describe_one(records: &Records, interface: &NetworkInterface) -> Value {
    if let Some(instance) = interface.instance(records) {
        return instance.describe_attached(records);
    }
    let public =
        records.addresses.values().find(|address| address.association.as_ref().is_some_and(|(_, with)| *with == interface.id));
    let association = public.map(|address| {
        json!({
            "AllocationId": address.allocation, "AssociationId": address.association.as_ref().map(|(id, _)| id),
            "IpOwnerId": records.account, "PublicDnsName": "", "PublicIp": address.ip.to_string(),
        })
    });
    let addresses = interface.addresses().enumerate().map(|(index, address)| {
        let mut shown = json!({ "Primary": index == 0, "PrivateIpAddress": address.to_string() });
        if let (Some(shown), Some(association), 0) = (shown.as_object_mut(), &association, index) {
            shown.insert("Association".to_owned(), association.clone());
        }
        shown
    });
    let mut described = json!({
        "NetworkInterfaceId": interface.id,
        "InterfaceType": if interface.function.is_some() { "lambda" } else { "interface" },
        "OwnerId": records.account,
        "Status": if interface.function.is_some() { "in-use" } else { "available" },
        "Description": interface.description,
        "VpcId": interface.vpc,
        "SubnetId": interface.subnet,
        "AvailabilityZone": interface.zone,
        "AvailabilityZoneId": interface.zone_id,
        "MacAddress": interface.mac,
        "PrivateIpAddress": interface.private_ip.to_string(),
        "PrivateIpAddresses": addresses.collect::<Vec<_>>(),
        "SourceDestCheck": interface.source_dest_check,
        "Groups": security_group::identifiers(records, &interface.groups),
        "Ipv6Addresses": [],
        "RequesterManaged": interface.function.is_some(),
        "TagSet": records.tags_of(&interface.id),
    });
    if let Some(members) = described.as_object_mut() {
        if let Some(FunctionAttachment { id, requester }) = &interface.function {
            members.insert("RequesterId".to_owned(), requester.as_str().into());
            let attachment = json!({
                "AttachmentId": id, "DeleteOnTermination": false, "DeviceIndex": 1, "InstanceOwnerId": "amazon-aws",
                "Status": "attached",
            });
            members.insert("Attachment".to_owned(), attachment);
        }
        if let Some(association) = association {
            members.insert("Association".to_owned(), association);
        }
    }
    described
}

/// `DescribeNetworkInterfaces`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeNetworkInterfaces {
    next_token: Option<String>,
    max_results: Option<i64>,
    #[expect(dead_code, reason = "no resource of the region is managed by a service")]
    include_managed_resources: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    network_interface_ids: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe(records: &Records, input: &DescribeNetworkInterfaces) -> Result<Value, AwsError> {
    let instances = records.instances.values().filter(|instance| !instance.is_terminated());
    let of_instances = instances.map(|instance| instance.describe_attached(records));
    let others = records.interfaces.values().filter(|one| one.instance(records).is_none());
    let shown = of_instances.chain(others.map(|one| describe_one(records, one))).collect();
    let chosen = selected(shown, &input.network_interface_ids, "NetworkInterfaceId", |id| not_found_as("eni", id))?;
    let paths = &[
        ("network-interface-id", "NetworkInterfaceId"),
        ("vpc-id", "VpcId"),
        ("subnet-id", "SubnetId"),
        ("group-id", "Groups.GroupId"),
        ("group-name", "Groups.GroupName"),
        ("availability-zone", "AvailabilityZone"),
        ("private-ip-address", "PrivateIpAddress"),
        ("addresses.private-ip-address", "PrivateIpAddresses.PrivateIpAddress"),
        ("association.public-ip", "Association.PublicIp"),
        ("attachment.instance-id", "Attachment.InstanceId"),
        ("attachment.instance-owner-id", "Attachment.InstanceOwnerId"),
        ("attachment.attachment-id", "Attachment.AttachmentId"),
        ("attachment.status", "Attachment.Status"),
        ("description", "Description"),
        ("interface-type", "InterfaceType"),
        ("mac-address", "MacAddress"),
        ("owner-id", "OwnerId"),
        ("requester-id", "RequesterId"),
        ("requester-managed", "RequesterManaged"),
        ("status", "Status"),
    ];
    page("NetworkInterfaces", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

requests! {
    CreateNetworkInterface { dry_run, tag_specifications },
    DeleteNetworkInterface { dry_run },
    ModifyNetworkInterfaceAttribute { dry_run },
    DescribeNetworkInterfaces { dry_run },
}
