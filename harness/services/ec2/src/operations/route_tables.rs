//! Route tables, their routes and associations.

use ipnet::Ipv4Net;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cidr;
use crate::client_token;
use crate::endpoint_service::prefix_list;
use crate::error::{dependency, error, invalid_parameter, missing, not_found, not_found_as, unsupported};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{Association, EndpointKind, Records, Route, RouteTable, State};
use crate::request_tags::{self, TagSpecification};
use crate::resource_id::resource_id;

fn describe_one(records: &Records, table: &RouteTable) -> Value {
    let endpoints = records.vpc_endpoints.values().filter(|endpoint| endpoint.route_tables().contains(&table.id));
    let to_endpoints = endpoints.map(|endpoint| {
        json!({
            "DestinationPrefixListId": prefix_list(&endpoint.service), "GatewayId": endpoint.id, "Origin": "CreateRoute",
            "State": "active",
        })
    });
    let routes: Vec<Value> = table
        .routes
        .iter()
        .map(|route| {
            let local = route.gateway == "local";
            let attached = records.gateways.get(&route.gateway).is_some_and(|gateway| gateway.vpc.as_ref() == Some(&table.vpc));
            let nat = records.nat_gateways.get(&route.gateway).is_some_and(|gateway| gateway.deleted.is_none());
            let instance = records.instance_with(&route.gateway);
            let runs = instance.is_some_and(|instance| instance.state == State::Running);
            let live = local || attached || nat || runs;
            let target = match &route.gateway {
                id if id.starts_with("nat-") => "NatGatewayId",
                id if id.starts_with("eni-") => "NetworkInterfaceId",
                _ => "GatewayId",
            };
            let mut shown = json!({
                "DestinationCidrBlock": route.destination.to_string(),
                target: route.gateway,
                "Origin": if local { "CreateRouteTable" } else { "CreateRoute" },
                "State": if live { "active" } else { "blackhole" },
            });
            if let (Some(shown), Some(instance)) = (shown.as_object_mut(), instance) {
                shown.insert("InstanceId".to_owned(), instance.id.as_str().into());
                shown.insert("InstanceOwnerId".to_owned(), records.account.as_str().into());
            }
            shown
        })
        .chain(to_endpoints)
        .collect();
    let associations: Vec<Value> = table
        .associations
        .iter()
        .map(|association| {
            json!({
                "RouteTableAssociationId": association.id, "RouteTableId": table.id, "SubnetId": association.subnet,
                "Main": association.subnet.is_none(), "AssociationState": { "State": "associated" },
            })
        })
        .collect();
    json!({
        "RouteTableId": table.id,
        "VpcId": table.vpc,
        "OwnerId": records.account,
        "Routes": routes,
        "Associations": associations,
        "PropagatingVgws": [],
        "Tags": records.tags_of(&table.id),
    })
}

/// `CreateRouteTable`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateRouteTable {
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    client_token: Option<String>,
    #[serde(default)]
    dry_run: bool,
    vpc_id: String,
}

pub(crate) fn create(records: &mut Records, input: &CreateRouteTable) -> Result<Value, AwsError> {
    let token = client_token::given(input.client_token.as_ref());
    if let Some(before) = client_token::made_before(token, records.tables.values(), |table| table.client_token.as_ref()) {
        return Ok(json!({ "RouteTable": describe_one(records, before), "ClientToken": token }));
    }
    let vpc = records.vpc(input.vpc_id.as_str())?;
    let mut table = RouteTable::new(&vpc.id, vpc.cidr, false);
    table.client_token = token.map(str::to_owned);
    let id = table.id.clone();
    records.tables.insert(id.clone(), table);
    request_tags::on_creation(records, &input.tag_specifications, "route-table", &id)?;
    Ok(json!({ "RouteTable": describe_one(records, records.table(&id)?), "ClientToken": token }))
}

/// `DeleteRouteTable`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteRouteTable {
    #[serde(default)]
    dry_run: bool,
    route_table_id: String,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteRouteTable) -> Result<Value, AwsError> {
    let id = input.route_table_id.as_str();
    if !records.table(id)?.associations.is_empty() {
        return Err(dependency(format!("The routeTable '{id}' has dependencies and cannot be deleted.")));
    }
    records.tables.remove(id);
    for endpoint in records.vpc_endpoints.values_mut() {
        if let EndpointKind::Gateway { route_tables } = &mut endpoint.kind {
            route_tables.retain(|table| table != id);
        }
    }
    records.tags.remove(id);
    Ok(json!({}))
}

/// `DescribeRouteTables`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeRouteTables {
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    route_table_ids: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe(records: &Records, input: &DescribeRouteTables) -> Result<Value, AwsError> {
    let all = records.tables.values().map(|table| describe_one(records, table)).collect();
    let chosen = selected(all, &input.route_table_ids, "RouteTableId", |id| not_found_as("rtb", id))?;
    let paths = &[
        ("route-table-id", "RouteTableId"),
        ("vpc-id", "VpcId"),
        ("owner-id", "OwnerId"),
        ("association.main", "Associations.Main"),
        ("association.subnet-id", "Associations.SubnetId"),
        ("association.route-table-id", "Associations.RouteTableId"),
        ("association.route-table-association-id", "Associations.RouteTableAssociationId"),
        ("route.destination-cidr-block", "Routes.DestinationCidrBlock"),
        ("route.gateway-id", "Routes.GatewayId"),
        ("route.instance-id", "Routes.InstanceId"),
        ("route.nat-gateway-id", "Routes.NatGatewayId"),
        ("route.origin", "Routes.Origin"),
        ("route.state", "Routes.State"),
    ];
    page("RouteTables", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// What a request says of a route.
struct Asked<'a> {
    table: &'a str,
    destination: Option<&'a str>,
    gateway: Option<&'a str>,
    nat_gateway: Option<&'a str>,
    instance: Option<&'a str>,
    interface: Option<&'a str>,
}

/// Destination and target of a route: an internet gateway, a NAT gateway, or the interface of an instance; other targets are not here.
fn target(records: &Records, asked: &Asked<'_>) -> Result<(Ipv4Net, String), AwsError> {
    let given = asked.destination.ok_or_else(|| missing("destinationCidrBlock"))?;
    let destination = cidr::given("destinationCidrBlock", given)?;
    let table = records.table(asked.table)?;
    let targets = [asked.gateway, asked.nat_gateway, asked.instance, asked.interface];
    if targets.into_iter().flatten().count() > 1 {
        let message = "A route can have one target: gatewayId, natGatewayId, instanceId or networkInterfaceId";
        return Err(error("InvalidParameterCombination", message));
    }
    if asked.instance.is_some() || asked.interface.is_some() {
        let (interface, vpc) = through_instance(records, asked)?;
        return match vpc == table.vpc {
            true => Ok((destination, interface)),
            false => Err(different_networks(&table.id, &interface)),
        };
    }
    let gateway = match (asked.gateway, asked.nat_gateway) {
        (Some(gateway), _) => gateway,
        (None, Some(nat)) => {
            let found = records.nat_gateways.get(nat).filter(|gateway| gateway.deleted.is_none());
            let found = found
                .ok_or_else(|| error("InvalidNatGatewayID.NotFound", format!("The natGateway ID '{nat}' does not exist")))?;
            return match found.vpc == table.vpc {
                true => Ok((destination, nat.to_owned())),
                false => Err(different_networks(&table.id, nat)),
            };
        }
        (None, None) => return Err(missing("gatewayId")),
    };
    if !gateway.starts_with("igw-") {
        return Err(unsupported("CreateRoute", &format!("the gateway {gateway}")));
    }
    if records.gateway(gateway)?.vpc.as_ref() != Some(&table.vpc) {
        return Err(different_networks(&table.id, gateway));
    }
    Ok((destination, gateway.to_owned()))
}

/// The interface of a route to an instance, and its VPC.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html>
fn through_instance(records: &Records, asked: &Asked<'_>) -> Result<(String, String), AwsError> {
    if let Some(id) = asked.interface {
        if let Some(interface) = records.interfaces.get(id) {
            return Ok((interface.id.clone(), interface.vpc.clone()));
        }
        let instance = records.instance_with(id).ok_or_else(|| not_found_as("eni", id))?;
        return Ok((instance.interface.id.clone(), instance.vpc.clone()));
    }
    let instance = records.instance(asked.instance.unwrap_or_default())?;
    if instance.is_terminated() {
        let message = format!("The instance '{}' is not in a valid state for this operation.", instance.id);
        return Err(error("InvalidInstanceID", message));
    }
    Ok((instance.interface.id.clone(), instance.vpc.clone()))
}

fn different_networks(table: &str, gateway: &str) -> AwsError {
    invalid_parameter(format!("route table {table} and network gateway {gateway} belong to different networks"))
}

/// `CreateRoute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateRoute {
    #[serde(default)]
    dry_run: bool,
    route_table_id: String,
    destination_cidr_block: Option<String>,
    gateway_id: Option<String>,
    nat_gateway_id: Option<String>,
    instance_id: Option<String>,
    network_interface_id: Option<String>,
}

pub(crate) fn create_route(records: &mut Records, input: &CreateRoute) -> Result<Value, AwsError> {
    let asked = Asked {
        table: &input.route_table_id,
        destination: input.destination_cidr_block.as_deref(),
        gateway: input.gateway_id.as_deref(),
        nat_gateway: input.nat_gateway_id.as_deref(),
        instance: input.instance_id.as_deref(),
        interface: input.network_interface_id.as_deref(),
    };
    let (destination, gateway) = target(records, &asked)?;
    let table = records.table_mut(input.route_table_id.as_str())?;
    if table.routes.iter().any(|route| route.destination == destination) {
        return Err(error("RouteAlreadyExists", format!("The route identified by {destination} already exists.")));
    }
    table.routes.push(Route { destination, gateway });
    Ok(json!({ "Return": true }))
}

/// `ReplaceRoute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRoute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplaceRoute {
    #[serde(default)]
    dry_run: bool,
    route_table_id: String,
    destination_cidr_block: Option<String>,
    gateway_id: Option<String>,
    nat_gateway_id: Option<String>,
    instance_id: Option<String>,
    network_interface_id: Option<String>,
}

pub(crate) fn replace_route(records: &mut Records, input: &ReplaceRoute) -> Result<Value, AwsError> {
    let asked = Asked {
        table: &input.route_table_id,
        destination: input.destination_cidr_block.as_deref(),
        gateway: input.gateway_id.as_deref(),
        nat_gateway: input.nat_gateway_id.as_deref(),
        instance: input.instance_id.as_deref(),
        interface: input.network_interface_id.as_deref(),
    };
    let (destination, gateway) = target(records, &asked)?;
    let table = records.table_mut(input.route_table_id.as_str())?;
    let id = table.id.clone();
    let route =
        table.routes.iter_mut().find(|route| route.destination == destination).ok_or_else(|| no_route(&id, destination))?;
    route.gateway = gateway;
    Ok(json!({}))
}

/// `DeleteRoute`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteRoute {
    #[serde(default)]
    dry_run: bool,
    route_table_id: String,
    destination_cidr_block: Option<String>,
}

pub(crate) fn delete_route(records: &mut Records, input: &DeleteRoute) -> Result<Value, AwsError> {
    let given = input.destination_cidr_block.as_deref().ok_or_else(|| missing("destinationCidrBlock"))?;
    let destination = cidr::given("destinationCidrBlock", given)?;
    let table = records.table_mut(input.route_table_id.as_str())?;
    match table.routes.iter().find(|route| route.destination == destination) {
        None => Err(no_route(&table.id, destination)),
        Some(route) if route.gateway == "local" => {
            Err(invalid_parameter(format!("cannot remove local route {destination} in route table {}", table.id)))
        }
        Some(_) => {
            table.routes.retain(|route| route.destination != destination);
            Ok(json!({}))
        }
    }
}

fn no_route(table: &str, destination: Ipv4Net) -> AwsError {
    error("InvalidRoute.NotFound", format!("no route with destination-cidr-block {destination} in route table {table}"))
}

/// `AssociateRouteTable`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AssociateRouteTable {
    #[serde(default)]
    dry_run: bool,
    subnet_id: Option<String>,
    route_table_id: String,
}

pub(crate) fn associate(records: &mut Records, input: &AssociateRouteTable) -> Result<Value, AwsError> {
    let subnet = input.subnet_id.as_deref().ok_or_else(|| missing("subnetId"))?;
    let table = records.table(input.route_table_id.as_str())?.id.clone();
    let vpc = records.subnet(subnet)?.vpc.clone();
    if records.table(&table)?.vpc != vpc {
        return Err(invalid_parameter(format!("route table {table} and subnet {subnet} belong to different networks")));
    }
    let existing = records
        .tables
        .values()
        .flat_map(|table| table.associations.iter().map(move |association| (&table.id, association)))
        .find(|(_, association)| association.subnet.as_deref() == Some(subnet))
        .map(|(owner, association)| (owner.clone(), association.id.clone()));
    let id = match existing {
        Some((owner, id)) if owner == table => id,
        Some((_, id)) => {
            return Err(error(
                "Resource.AlreadyAssociated",
                format!("the specified association for route table {table} conflicts with an existing association {id}"),
            ));
        }
        None => {
            let id = resource_id("rtbassoc");
            let association = Association { id: id.clone(), subnet: Some(subnet.to_owned()) };
            records.table_mut(&table)?.associations.push(association);
            id
        }
    };
    Ok(json!({ "AssociationId": id, "AssociationState": { "State": "associated" } }))
}

/// `DisassociateRouteTable`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateRouteTable.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DisassociateRouteTable {
    #[serde(default)]
    dry_run: bool,
    association_id: String,
}

pub(crate) fn disassociate(records: &mut Records, input: &DisassociateRouteTable) -> Result<Value, AwsError> {
    let id = input.association_id.as_str();
    let table = records
        .tables
        .values_mut()
        .find(|table| table.associations.iter().any(|association| association.id == id))
        .ok_or_else(|| not_found_as("rtbassoc", id))?;
    if table.associations.iter().any(|association| association.id == id && association.subnet.is_none()) {
        return Err(invalid_parameter(format!("cannot disassociate the main route table association {id}")));
    }
    table.associations.retain(|association| association.id != id);
    Ok(json!({}))
}

/// `ReplaceRouteTableAssociation`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplaceRouteTableAssociation {
    #[serde(default)]
    dry_run: bool,
    association_id: String,
    route_table_id: String,
}

pub(crate) fn replace_association(records: &mut Records, input: &ReplaceRouteTableAssociation) -> Result<Value, AwsError> {
    let id = input.association_id.as_str();
    let wanted = records.table(input.route_table_id.as_str())?;
    let (wanted, vpc) = (wanted.id.clone(), wanted.vpc.clone());
    let found = records.tables.values_mut().find_map(|table| {
        let position = table.associations.iter().position(|association| association.id == id)?;
        (table.vpc == vpc).then(|| table.associations.remove(position))
    });
    let mut association = found.ok_or_else(|| not_found(id))?;
    association.id = resource_id("rtbassoc");
    let new = association.id.clone();
    records.table_mut(&wanted)?.associations.push(association);
    Ok(json!({ "NewAssociationId": new, "AssociationState": { "State": "associated" } }))
}

requests! {
    CreateRouteTable { dry_run, tag_specifications },
    DeleteRouteTable { dry_run },
    DescribeRouteTables { dry_run },
    CreateRoute { dry_run },
    ReplaceRoute { dry_run },
    DeleteRoute { dry_run },
    AssociateRouteTable { dry_run },
    DisassociateRouteTable { dry_run },
    ReplaceRouteTableAssociation { dry_run },
}
