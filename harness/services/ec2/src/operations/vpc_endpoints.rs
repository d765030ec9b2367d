//! VPC endpoints. They are available at once, where AWS takes minutes for one with interfaces.
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html>

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client_token;
use crate::endpoint_service::{self, GATEWAY, INTERFACE, prefix_list, private_dns_name};
use crate::error::{error, missing, not_found_as, unsupported};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{EndpointInterface, EndpointKind, Records, VpcEndpoint};
use crate::request_tags::{self, TagSpecification};
use crate::resource_id::resource_id;
use crate::{availability_zone, security_group, subnet_address};

/// What an endpoint allows that is given no policy.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#default-endpoint-policy>
const EVERYTHING: &str = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

fn describe_one(records: &Records, endpoint: &VpcEndpoint) -> Value {
    let (region, service) = (records.region.as_str(), endpoint.service.as_str());
    let (kind, private_dns) = match &endpoint.kind {
        EndpointKind::Gateway { .. } => ("Gateway", false),
        EndpointKind::Interface { private_dns, .. } => ("Interface", *private_dns),
    };
    let of_interfaces = endpoint.interfaces();
    let mut names = Vec::new();
    if !of_interfaces.is_empty() {
        let own = format!("{}-{}.{service}.{region}.vpce.amazonaws.com", endpoint.id, endpoint.id.get(5..13).unwrap_or_default());
        names.push(json!({ "DnsName": own, "HostedZoneId": "Z7HUB22UULQXV" }));
        if private_dns {
            names.push(json!({ "DnsName": private_dns_name(region, service), "HostedZoneId": "Z09000000000000000000" }));
        }
    }
    json!({
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": kind,
        "VpcId": endpoint.vpc,
        "ServiceName": endpoint_service::name(region, service),
        "State": "available",
        "PolicyDocument": endpoint.policy.to_string(),
        "RouteTableIds": endpoint.route_tables(),
        "SubnetIds": of_interfaces.iter().map(|one| one.subnet.as_str()).collect::<Vec<_>>(),
        "Groups": security_group::identifiers(records, endpoint.groups()),
        "IpAddressType": "ipv4",
        "PrivateDnsEnabled": private_dns,
        "RequesterManaged": false,
        "NetworkInterfaceIds": of_interfaces.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        "DnsEntries": names,
        "CreationTimestamp": endpoint.created,
        "Tags": records.tags_of(&endpoint.id),
        "OwnerId": records.account,
        "ServiceRegion": region,
    })
}

/// `CreateVpcEndpoint`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateVpcEndpoint {
    #[serde(default)]
    dry_run: bool,
    vpc_endpoint_type: Option<String>,
    vpc_id: String,
    service_name: Option<String>,
    policy_document: Option<String>,
    #[serde(default)]
    route_table_ids: Vec<String>,
    #[serde(default)]
    subnet_ids: Vec<String>,
    #[serde(default)]
    security_group_ids: Vec<String>,
    client_token: Option<String>,
    private_dns_enabled: Option<bool>,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
}

pub(crate) fn create(records: &mut Records, input: &CreateVpcEndpoint, now: Timestamp) -> Result<Value, AwsError> {
    let token = client_token::given(input.client_token.as_ref());
    if let Some(before) =
        client_token::made_before(token, records.vpc_endpoints.values(), |endpoint| endpoint.client_token.as_ref())
    {
        return Ok(json!({ "VpcEndpoint": describe_one(records, before), "ClientToken": token }));
    }
    let vpc = records.vpc(&input.vpc_id)?.id.clone();
    let name = input.service_name.as_deref().ok_or_else(|| missing("serviceName"))?;
    let service = endpoint_service::of_name(&records.region, name).ok_or_else(|| no_service(name))?.to_owned();
    let kind = match input.vpc_endpoint_type.as_deref().unwrap_or("Gateway") {
        "Gateway" => {
            if prefix_list(&service).is_none() {
                return Err(not_of_type(&service, name, "Gateway"));
            }
            if !input.subnet_ids.is_empty() || !input.security_group_ids.is_empty() || input.private_dns_enabled == Some(true) {
                return Err(invalid(
                    "Subnets, security groups and private DNS are only supported for interface type VPC Endpoints.",
                ));
            }
            check_tables(records, &vpc, &service, &input.route_table_ids)?;
            EndpointKind::Gateway { route_tables: input.route_table_ids.clone() }
        }
        "Interface" => {
            if !INTERFACE.contains(&service.as_str()) {
                return Err(not_of_type(&service, name, "Interface"));
            }
            if !input.route_table_ids.is_empty() {
                return Err(invalid("Route table IDs are only supported for Gateway type VPC Endpoint."));
            }
            let private_dns = input.private_dns_enabled.unwrap_or(true);
            check_private_dns(records, &vpc, &service, private_dns, None)?;
            let mut groups = input.security_group_ids.clone();
            check_groups(records, &vpc, &groups)?;
            if groups.is_empty() {
                let default = records.groups.values().find(|group| group.vpc == vpc && group.name == "default");
                groups.extend(default.map(|group| group.id.clone()));
            }
            let mut interfaces = Vec::new();
            for subnet in &input.subnet_ids {
                add_interface(records, &vpc, subnet, &mut interfaces)?;
            }
            EndpointKind::Interface { private_dns, groups, interfaces }
        }
        other => return Err(unsupported("CreateVpcEndpoint", &format!("VpcEndpointType {other}"))),
    };
    let id = resource_id("vpce");
    let endpoint = VpcEndpoint {
        id: id.clone(),
        vpc,
        service,
        policy: policy(input.policy_document.as_deref())?,
        created: now,
        kind,
        client_token: token.map(str::to_owned),
    };
    records.vpc_endpoints.insert(id.clone(), endpoint.clone());
    request_tags::on_creation(records, &input.tag_specifications, "vpc-endpoint", &id)?;
    Ok(json!({ "VpcEndpoint": describe_one(records, &endpoint), "ClientToken": token }))
}

fn invalid(message: impl Into<String>) -> AwsError {
    error("InvalidParameter", message)
}

fn no_service(name: &str) -> AwsError {
    error("InvalidServiceName", format!("The Vpc Endpoint Service '{name}' does not exist"))
}

/// AWS has many more services with interfaces than this region knows of.
fn not_of_type(service: &str, name: &str, kind: &str) -> AwsError {
    let known = INTERFACE.contains(&service) || prefix_list(service).is_some();
    if !known {
        return unsupported("CreateVpcEndpoint", &format!("the service {name}"));
    }
    invalid(format!("Endpoint type ({kind}) does not match available service types ([{}]).", types(service).join(", ")))
}

fn types(service: &str) -> Vec<&'static str> {
    let gateway = prefix_list(service).map(|_| "Gateway");
    gateway.into_iter().chain(INTERFACE.contains(&service).then_some("Interface")).collect()
}

fn policy(text: Option<&str>) -> Result<PolicyDocument, AwsError> {
    let document = PolicyDocument::of_resource(text.filter(|text| !text.is_empty()).unwrap_or(EVERYTHING));
    if let Err(reason) = document.policy() {
        return Err(error("InvalidPolicyDocument", format!("The policy document is malformed: {reason}")));
    }
    Ok(document)
}

fn check_tables(records: &Records, vpc: &str, service: &str, tables: &[String]) -> Result<(), AwsError> {
    for id in tables {
        if records.table(id)?.vpc != vpc {
            return Err(invalid(format!("Route table {id} does not belong to VPC {vpc}")));
        }
        let taken = records.vpc_endpoints.values().any(|other| other.service == service && other.route_tables().contains(id));
        if taken {
            let list = prefix_list(service).unwrap_or_default();
            return Err(error(
                "RouteAlreadyExists",
                format!("route table {id} already has a route with destination-prefix-list-id {list}"),
            ));
        }
    }
    Ok(())
}

fn check_groups(records: &Records, vpc: &str, groups: &[String]) -> Result<(), AwsError> {
    for id in groups {
        if records.group(id)?.vpc != vpc {
            return Err(invalid(format!("Security group {id} does not belong to VPC {vpc}")));
        }
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html>
fn check_private_dns(records: &Records, vpc: &str, service: &str, wanted: bool, own: Option<&str>) -> Result<(), AwsError> {
    if !wanted {
        return Ok(());
    }
    if service == "s3" {
        return Err(unsupported("CreateVpcEndpoint", "PrivateDnsEnabled for an interface of S3"));
    }
    let settings = records.vpc(vpc)?;
    if !(settings.dns_support && settings.dns_hostnames) {
        return Err(invalid(format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc}"
        )));
    }
    let named = |other: &&VpcEndpoint| {
        other.vpc == vpc
            && other.service == service
            && Some(other.id.as_str()) != own
            && matches!(other.kind, EndpointKind::Interface { private_dns: true, .. })
    };
    if records.vpc_endpoints.values().any(|other| named(&other)) {
        let name = private_dns_name(&records.region, service);
        return Err(invalid(format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {name} in the VPC {vpc}"
        )));
    }
    Ok(())
}

/// Puts an interface into a subnet. `others` are those of the same endpoint, which has one in each zone at most.
fn add_interface(records: &Records, vpc: &str, subnet: &str, others: &mut Vec<EndpointInterface>) -> Result<(), AwsError> {
    let place = records.subnet(subnet)?;
    if place.vpc != vpc {
        return Err(invalid(format!("Subnet {subnet} does not belong to VPC {vpc}")));
    }
    if others.iter().any(|one| one.subnet == subnet) {
        return Ok(());
    }
    let zone_of = |id: &str| records.subnets.get(id).map(|subnet| subnet.zone.as_str());
    if others.iter().any(|one| zone_of(&one.subnet) == Some(place.zone.as_str())) {
        return Err(error(
            "DuplicateSubnetsInSameZone",
            format!(
                "Found another VPC endpoint subnet in the availability zone of {subnet}. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service."
            ),
        ));
    }
    let address = subnet_address::free(records, place, None)?;
    others.push(EndpointInterface { id: resource_id("eni"), subnet: subnet.to_owned(), address });
    Ok(())
}

/// `ModifyVpcEndpoint`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifyVpcEndpoint {
    #[serde(default)]
    dry_run: bool,
    vpc_endpoint_id: String,
    #[serde(default)]
    reset_policy: bool,
    policy_document: Option<String>,
    #[serde(default)]
    add_route_table_ids: Vec<String>,
    #[serde(default)]
    remove_route_table_ids: Vec<String>,
    #[serde(default)]
    add_subnet_ids: Vec<String>,
    #[serde(default)]
    remove_subnet_ids: Vec<String>,
    #[serde(default)]
    add_security_group_ids: Vec<String>,
    #[serde(default)]
    remove_security_group_ids: Vec<String>,
    private_dns_enabled: Option<bool>,
}

pub(crate) fn modify(records: &mut Records, input: &ModifyVpcEndpoint) -> Result<Value, AwsError> {
    let id = input.vpc_endpoint_id.as_str();
    let mut endpoint = records.vpc_endpoint(id)?.clone();
    if input.reset_policy && input.policy_document.is_some() {
        return Err(error("InvalidParameterCombination", "ResetPolicy and PolicyDocument cannot be given together."));
    }
    if input.reset_policy || input.policy_document.is_some() {
        endpoint.policy = policy(input.policy_document.as_deref())?;
    }
    let (vpc, service) = (endpoint.vpc.clone(), endpoint.service.clone());
    match &mut endpoint.kind {
        EndpointKind::Gateway { route_tables } => {
            check_tables(records, &vpc, &service, &input.add_route_table_ids)?;
            route_tables.retain(|table| !input.remove_route_table_ids.contains(table));
            route_tables.extend(input.add_route_table_ids.iter().cloned());
        }
        EndpointKind::Interface { private_dns, groups, interfaces } => {
            if let Some(wanted) = input.private_dns_enabled {
                check_private_dns(records, &vpc, &service, wanted, Some(id))?;
                *private_dns = wanted;
            }
            check_groups(records, &vpc, &input.add_security_group_ids)?;
            groups.retain(|group| !input.remove_security_group_ids.contains(group));
            groups.extend(input.add_security_group_ids.iter().cloned());
            interfaces.retain(|one| !input.remove_subnet_ids.contains(&one.subnet));
            for subnet in &input.add_subnet_ids {
                add_interface(records, &vpc, subnet, interfaces)?;
            }
        }
    }
    records.vpc_endpoints.insert(id.to_owned(), endpoint);
    Ok(json!({ "Return": true }))
}

/// `DeleteVpcEndpoints`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteVpcEndpoints {
    #[serde(default)]
    dry_run: bool,
    vpc_endpoint_ids: Vec<String>,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteVpcEndpoints) -> Result<Value, AwsError> {
    let mut unsuccessful = Vec::new();
    for id in &input.vpc_endpoint_ids {
        if records.vpc_endpoints.remove(id).is_none() {
            let AwsError { code, message, .. } = not_found_as("vpce", id);
            unsuccessful.push(json!({ "ResourceId": id, "Error": { "Code": code, "Message": message } }));
        }
        records.tags.remove(id);
    }
    Ok(json!({ "Unsuccessful": unsuccessful }))
}

/// `DescribeVpcEndpoints`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeVpcEndpoints {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    vpc_endpoint_ids: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(crate) fn describe(records: &Records, input: &DescribeVpcEndpoints) -> Result<Value, AwsError> {
    let all = records.vpc_endpoints.values().map(|endpoint| describe_one(records, endpoint)).collect();
    let chosen = selected(all, &input.vpc_endpoint_ids, "VpcEndpointId", |id| not_found_as("vpce", id))?;
    let paths = &[
        ("vpc-endpoint-id", "VpcEndpointId"),
        ("vpc-endpoint-type", "VpcEndpointType"),
        ("vpc-endpoint-state", "State"),
        ("vpc-id", "VpcId"),
        ("service-name", "ServiceName"),
        ("service-region", "ServiceRegion"),
        ("ip-address-type", "IpAddressType"),
    ];
    page("VpcEndpoints", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// `DescribeVpcEndpointServices`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeVpcEndpointServices {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    service_names: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// A service is listed once for each type of endpoint that it has.
pub(crate) fn describe_services(records: &Records, input: &DescribeVpcEndpointServices) -> Result<Value, AwsError> {
    let region = records.region.as_str();
    let zones: Vec<String> = availability_zone::zones(region).into_iter().map(|zone| zone.name).collect();
    let detail = |service: &str, kind: &str| {
        let mut detail = json!({
            "ServiceName": endpoint_service::name(region, service),
            "ServiceType": [{ "ServiceType": kind }],
            "ServiceRegion": region,
            "AvailabilityZones": zones,
            "Owner": "amazon",
            "BaseEndpointDnsNames": [format!("{service}.{region}.vpce.amazonaws.com")],
            "VpcEndpointPolicySupported": true,
            "AcceptanceRequired": false,
            "ManagesVpcEndpoints": false,
            "SupportedIpAddressTypes": ["ipv4"],
            "Tags": [],
        });
        if let (Some(members), "Interface") = (detail.as_object_mut(), kind) {
            members.insert("PrivateDnsName".to_owned(), private_dns_name(region, service).into());
        }
        detail
    };
    let gateways = GATEWAY.iter().map(|(service, _)| detail(service, "Gateway"));
    let all: Vec<Value> = gateways.chain(INTERFACE.iter().map(|service| detail(service, "Interface"))).collect();
    let chosen = selected(all, &input.service_names, "ServiceName", no_service)?;
    let paths = &[("service-name", "ServiceName"), ("service-type", "ServiceType.ServiceType"), ("owner", "Owner")];
    let kept = filtered(chosen, &input.filters, paths)?;
    let mut paged = page("ServiceDetails", kept, input.max_results, input.next_token.as_deref())?;
    let mut names: Vec<Value> = paged
        .get("ServiceDetails")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| one.get("ServiceName").cloned())
        .collect();
    names.dedup();
    if let Some(members) = paged.as_object_mut() {
        members.insert("ServiceNames".to_owned(), names.into());
    }
    Ok(paged)
}

requests! {
    CreateVpcEndpoint { dry_run, tag_specifications },
    ModifyVpcEndpoint { dry_run },
    DeleteVpcEndpoints { dry_run },
    DescribeVpcEndpoints { dry_run },
    DescribeVpcEndpointServices { dry_run },
}
