//! Network: what keeps instances whose agents are not online from Systems Manager, as far as EC2 shows it.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use nightproof_network::{
    Acl, AclRule, Endpoint, EndpointInterface, EndpointKind, MissingLink, OTHER_WAYS, Peer, Route, Rule, Snapshot, Target, Way,
};
use nightproof_template::Template;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;

/// What an instance is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Its agent.
    SystemsManager,
    /// Its uploads.
    S3,
}

impl Destination {
    fn missing(self, snapshot: &Snapshot) -> Vec<MissingLink> {
        match self {
            Self::SystemsManager => snapshot.missing_for_agent(),
            Self::S3 => snapshot.missing_for_s3(),
        }
    }

    /// What cannot be done, and what else would help where a way to the internet is missing.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::SystemsManager => ("its agent cannot reach Systems Manager", OTHER_WAYS),
            Self::S3 => ("its uploads cannot reach S3", "a NAT gateway"),
        }
    }
}

/// What keeps any of these instances from where they are to get, in a sentence each; `None` if EC2 shows nothing that does.
///
/// # Errors
/// What EC2 refused to show.
pub(crate) async fn diagnose(
    client: &DynamicClient,
    template: &str,
    resources: &Resources,
    instances: &[String],
    destination: Destination,
) -> Result<Option<String>, AwsError> {
    let described = ask(client, "DescribeInstances", json!({ "InstanceIds": instances })).await?;
    let places = Places::new(template, resources);
    let mut sentences = Vec::new();
    for instance in items(&described, "Reservations").flat_map(|reservation| items(reservation, "Instances")) {
        // One that is stopped has other reasons to be silent.
        if !matches!(text(instance, "/State/Name"), "pending" | "running") {
            continue;
        }
        let snapshot = snapshot(client, instance).await?;
        let missing = destination.missing(&snapshot);
        if !missing.is_empty() {
            sentences.push(sentence(text(instance, "/InstanceId"), &snapshot.subnet, &missing, destination, &places));
        }
    }
    Ok((!sentences.is_empty()).then(|| sentences.join("; ")))
}

async fn ask(client: &DynamicClient, operation: &str, input: Value) -> Result<Value, AwsError> {
    let answer = client.ask("ec2", operation, &input).await;
    answer.map_err(|error| AwsError { message: format!("{operation}: {}", error.message), ..error })
}

/// Asks EC2 for all that decides what an instance reaches.
async fn snapshot(client: &DynamicClient, instance: &Value) -> Result<Snapshot, AwsError> {
    let (vpc, subnet) = (text(instance, "/VpcId"), text(instance, "/SubnetId"));
    let groups: Vec<String> = items(instance, "SecurityGroups").map(|group| text(group, "/GroupId").to_owned()).collect();
    let in_vpc = |filter: &str| json!({ "Filters": [{ "Name": filter, "Values": [vpc] }] });
    let tables = ask(client, "DescribeRouteTables", in_vpc("vpc-id")).await?;
    let gateways = ask(client, "DescribeInternetGateways", in_vpc("attachment.vpc-id")).await?;
    let rules = ask(client, "DescribeSecurityGroups", json!({ "GroupIds": groups })).await?;
    let dns = ask(client, "DescribeVpcAttribute", json!({ "VpcId": vpc, "Attribute": "enableDnsSupport" })).await?;
    let acls = ask(client, "DescribeNetworkAcls", in_vpc("vpc-id")).await?;
    let attached: Vec<&str> = items(&gateways, "InternetGateways").map(|gateway| text(gateway, "/InternetGatewayId")).collect();
    let table = table(&tables, subnet);
    Ok(Snapshot {
        vpc: vpc.to_owned(),
        dns_support: dns.pointer("/EnableDnsSupport/Value").and_then(Value::as_bool) != Some(false),
        subnet: subnet.to_owned(),
        private_address: text(instance, "/PrivateIpAddress").parse().unwrap_or(Ipv4Addr::UNSPECIFIED),
        public_address: text(instance, "/PublicIpAddress").parse().ok(),
        route_table: table.map_or_else(String::new, |table| text(table, "/RouteTableId").to_owned()),
        routes: table.into_iter().flat_map(|table| items(table, "Routes")).filter_map(|one| route(one, &attached)).collect(),
        groups,
        egress: of_groups(&rules, "IpPermissionsEgress"),
        acl: acl(&acls, subnet),
        endpoints: endpoints(client, vpc, &acls).await?,
    })
}

/// The endpoints of a VPC. An interface's own address is not looked up: the first one of its subnet stands for it.
async fn endpoints(client: &DynamicClient, vpc: &str, acls: &Value) -> Result<Vec<Endpoint>, AwsError> {
    let in_vpc = json!({ "Filters": [{ "Name": "vpc-id", "Values": [vpc] }] });
    let described = ask(client, "DescribeVpcEndpoints", in_vpc.clone()).await?;
    let subnets = ask(client, "DescribeSubnets", in_vpc).await?;
    let mut endpoints = Vec::new();
    for endpoint in items(&described, "VpcEndpoints").filter(|endpoint| text(endpoint, "/State") == "available") {
        let texts = |list: &str| items(endpoint, list).filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        let kind = match text(endpoint, "/VpcEndpointType") {
            "Gateway" => EndpointKind::Gateway { route_tables: texts("RouteTableIds") },
            "Interface" => {
                let groups: Vec<String> = items(endpoint, "Groups").map(|group| text(group, "/GroupId").to_owned()).collect();
                let rules = ask(client, "DescribeSecurityGroups", json!({ "GroupIds": groups })).await?;
                let interface = |subnet: String| {
                    let found = items(&subnets, "Subnets").find(|one| text(one, "/SubnetId") == subnet)?;
                    let block: Ipv4Net = text(found, "/CidrBlock").parse().ok()?;
                    Some(EndpointInterface { address: block.network(), acl: acl(acls, &subnet), subnet })
                };
                EndpointKind::Interface {
                    private_dns: endpoint.get("PrivateDnsEnabled").and_then(Value::as_bool) == Some(true),
                    ingress: of_groups(&rules, "IpPermissions"),
                    groups,
                    interfaces: texts("SubnetIds").into_iter().filter_map(interface).collect(),
                }
            }
            _ => continue,
        };
        let service = text(endpoint, "/ServiceName").rsplit('.').next().unwrap_or_default().to_owned();
        endpoints.push(Endpoint { id: text(endpoint, "/VpcEndpointId").to_owned(), service, kind });
    }
    Ok(endpoints)
}

/// The network ACL of a subnet.
fn acl(acls: &Value, subnet: &str) -> Acl {
    let has = |acl: &&Value| items(acl, "Associations").any(|association| text(association, "/SubnetId") == subnet);
    let found = items(acls, "NetworkAcls").find(has);
    let rules = found.into_iter().flat_map(|acl| items(acl, "Entries")).filter_map(|entry| {
        let port = |pointer: &str| entry.pointer(pointer).and_then(Value::as_i64);
        Some(AclRule {
            number: entry.get("RuleNumber").and_then(Value::as_i64)?,
            way: if entry.get("Egress").and_then(Value::as_bool)? { Way::Out } else { Way::In },
            allows: text(entry, "/RuleAction") == "allow",
            protocol: text(entry, "/Protocol").to_owned(),
            block: text(entry, "/CidrBlock").parse().ok()?,
            ports: port("/PortRange/From").zip(port("/PortRange/To")).map(|(from, to)| from..=to),
        })
    });
    Acl { id: found.map(|acl| text(acl, "/NetworkAclId").to_owned()).unwrap_or_default(), rules: rules.collect() }
}

/// The rules of all groups in an answer.
fn of_groups(groups: &Value, list: &str) -> Vec<Rule> {
    items(groups, "SecurityGroups").flat_map(|group| items(group, list)).flat_map(rules).collect()
}

/// The table that a subnet is associated with, or the main one.
fn table<'a>(tables: &'a Value, subnet: &str) -> Option<&'a Value> {
    let associated =
        |wanted: &dyn Fn(&Value) -> bool| items(tables, "RouteTables").find(|table| items(table, "Associations").any(wanted));
    let own = associated(&|association| text(association, "/SubnetId") == subnet);
    own.or_else(|| associated(&|association| association.get("Main").and_then(Value::as_bool) == Some(true)))
}

/// An IPv4 route; those to prefix lists are for services of their own.
fn route(route: &Value, attached: &[&str]) -> Option<Route> {
    let destination = text(route, "/DestinationCidrBlock").parse().ok()?;
    let target = match text(route, "/GatewayId") {
        "local" => Target::Local,
        id if id.starts_with("igw-") => Target::InternetGateway { id: id.to_owned(), attached: attached.contains(&id) },
        id => Target::Other(id.to_owned()),
    };
    Some(Route { destination, target })
}

/// The rules that a permission stands for.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
fn rules(permission: &Value) -> impl Iterator<Item = Rule> + '_ {
    let port = |name: &str| permission.get(name).and_then(Value::as_i64).unwrap_or(-1);
    let (protocol, from, to) = (text(permission, "/IpProtocol").to_owned(), port("FromPort"), port("ToPort"));
    let blocks =
        items(permission, "IpRanges").filter_map(|range| text(range, "/CidrIp").parse::<Ipv4Net>().ok()).map(Peer::Block);
    let lists = items(permission, "PrefixListIds").map(|_| Peer::PrefixList);
    let groups = items(permission, "UserIdGroupPairs").map(|pair| Peer::Group(text(pair, "/GroupId").to_owned()));
    blocks.chain(lists).chain(groups).map(move |peer| Rule { protocol: protocol.clone(), from, to, peer })
}

fn items<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    value.get(list).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Where in the template the resources of a stack are.
struct Places<'a> {
    resources: &'a Resources,
    template: Option<Template>,
}

impl<'a> Places<'a> {
    fn new(template: &str, resources: &'a Resources) -> Self {
        Self { resources, template: Template::parse(template).ok() }
    }

    /// `` `Subnet` (line 8) ``, or the physical id of what is not of the stack.
    fn name(&self, physical: &str) -> String {
        let Some(resource) = self.resources.all().find(|resource| resource.physical == physical) else {
            return format!("`{physical}`");
        };
        let declared = self.template.iter().flat_map(|template| &template.resources).find(|one| one.id == resource.logical);
        let line = declared.map(|one| format!(" (line {})", one.position.line)).unwrap_or_default();
        format!("`{}`{line}", resource.logical)
    }
}

fn sentence(instance: &str, subnet: &str, missing: &[MissingLink], destination: Destination, places: &Places) -> String {
    let (failing, other_ways) = destination.words();
    let lacks: Vec<String> = missing.iter().map(|link| link.lack(|id| places.name(id))).collect();
    let remedies: Vec<&str> = missing.iter().map(MissingLink::remedy).collect();
    let other = if missing.iter().any(MissingLink::has_other_ways) { format!(", or {other_ways}") } else { String::new() };
    format!(
        "instance {} in subnet {} has {}: {failing}; add {}{other}",
        places.name(instance),
        places.name(subnet),
        lacks.join(" and "),
        remedies.join(" and "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_has_its_own_table_or_the_main_one() {
        let tables = json!({ "RouteTables": [
            { "RouteTableId": "rtb-main", "Associations": [{ "Main": true }] },
            { "RouteTableId": "rtb-own", "Associations": [{ "Main": false, "SubnetId": "subnet-1" }] },
        ]});
        let id = |subnet| table(&tables, subnet).map(|table| text(table, "/RouteTableId"));
        assert_eq!((id("subnet-1"), id("subnet-2")), (Some("rtb-own"), Some("rtb-main")));
    }

    #[test]
    fn what_a_route_leads_to_is_known_of_internet_gateways_alone() {
        let target = |one: Value| route(&one, &["igw-1"]).map(|route| route.target);
        let to = |id: &str| json!({ "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": id });
        assert_eq!(target(to("igw-1")), Some(Target::InternetGateway { id: "igw-1".to_owned(), attached: true }));
        assert_eq!(target(to("igw-2")), Some(Target::InternetGateway { id: "igw-2".to_owned(), attached: false }));
        let nat = json!({ "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1" });
        assert!(matches!(target(nat), Some(Target::Other(_))));
        assert_eq!(target(json!({ "DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1" })), None);
        assert_eq!(target(json!({ "DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1" })), None);
    }

    #[test]
    fn a_permission_is_a_rule_for_each_block_prefix_list_and_group() {
        let permission = json!({
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{ "CidrIp": "10.0.0.0/8" }],
            "PrefixListIds": [{ "PrefixListId": "pl-1" }], "UserIdGroupPairs": [{ "GroupId": "sg-1" }],
        });
        let rules: Vec<Rule> = rules(&permission).collect();
        assert_eq!(rules.len(), 3);
        assert!(rules.iter().all(|rule| (rule.from, rule.to) == (443, 443)));
    }
}
