//! What each instance reaches of AWS, by the records as they are now.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use nightproof_core::Region;
use nightproof_core::vpc_origin::EndpointUse;
use nightproof_machine_protocol::link::Link;
use nightproof_network::{
    Acl, AclRule, Endpoint, EndpointInterface, EndpointKind, Peer, Route, Rule as NetworkRule, Snapshot, Target, Way,
};

use crate::ec2::Ec2;
use crate::records::{self, Direction, Instance, NetworkInterface, Records, RouteTable, Rule, Source, State, VpcEndpoint};

impl Ec2 {
    /// Opens and closes the links of the account's instances, as a change of the records may have it.
    pub(crate) fn relink(&self, region: &Region, account: &str) {
        // Under the lock, so that of two changes the later one comes last.
        self.with_records(region, account, |records| {
            for instance in records.instances.values().filter(|instance| !instance.is_terminated()) {
                self.links.update(&instance.id, link(records, &Place::of_instance(instance)));
            }
            for interface in records.interfaces.values().filter(|interface| interface.function.is_some()) {
                self.links.update(&interface.id, link(records, &Place::of_interface(records, interface)));
            }
        });
    }

    /// The endpoint that calls of an instance, or from a function's interface, to a service pass, if they pass one.
    pub(crate) fn endpoint_of(&self, account: &str, host: &str, service: &str) -> Option<EndpointUse> {
        let accounts = self.accounts.lock();
        let records = accounts.get(account)?;
        let instance = records.instances.get(host).map(Place::of_instance);
        let place = instance.or_else(|| Some(Place::of_interface(records, records.interfaces.get(host)?)))?;
        let snapshot = snapshot(records, &place);
        let endpoint = records.vpc_endpoints.get(&snapshot.endpoint(service)?.id)?;
        Some(EndpointUse {
            endpoint: endpoint.id.clone(),
            vpc: place.vpc.to_owned(),
            source_ip: place.private_ip,
            policy: endpoint.policy.clone(),
        })
    }
}

/// Where in a VPC something is.
pub(crate) struct Place<'a> {
    vpc: &'a str,
    subnet: &'a str,
    groups: &'a [String],
    private_ip: Ipv4Addr,
    public_ip: Option<Ipv4Addr>,
}

impl<'a> Place<'a> {
    pub(crate) fn of_instance(instance: &'a Instance) -> Self {
        let Instance { vpc, subnet, groups, private_ip, public_ip, .. } = instance;
        Self { vpc, subnet, groups, private_ip: *private_ip, public_ip: *public_ip }
    }

    fn of_interface(records: &Records, interface: &'a NetworkInterface) -> Self {
        let NetworkInterface { id, vpc, subnet, groups, private_ip, .. } = interface;
        Self { vpc, subnet, groups, private_ip: *private_ip, public_ip: records.elastic_address(id) }
    }
}

/// What an instance or a function reaches. The machine's own agent asks `ec2messages` for commands, as older ones did; where AWS's would be told of them by
/// `ssmmessages`, it is let through.
pub(crate) fn link(records: &Records, place: &Place<'_>) -> Link {
    let mut reach = snapshot(records, place).reach();
    if reach.by_endpoint.get("ssmmessages") == Some(&true) {
        reach.by_endpoint.insert("ec2messages".to_owned(), true);
    }
    let others = reach.by_endpoint.into_iter().filter(|(_, reached)| *reached != reach.public).map(|(service, _)| service);
    Link { names: reach.names, endpoints: reach.public, others: others.collect() }
}

fn snapshot(records: &Records, place: &Place<'_>) -> Snapshot {
    let table = table_of(records, place.vpc, place.subnet);
    let routes = table.into_iter().flat_map(RouteTable::routes);
    Snapshot {
        vpc: place.vpc.to_owned(),
        dns_support: records.vpcs.get(place.vpc).is_some_and(|vpc| vpc.dns_support),
        subnet: place.subnet.to_owned(),
        private_address: place.private_ip,
        public_address: place.public_ip,
        route_table: table.map(|table| table.id.clone()).unwrap_or_default(),
        routes: routes.map(|(destination, gateway)| route(records, place, destination, gateway)).collect(),
        groups: place.groups.to_vec(),
        egress: rules(records, Direction::Egress, place.groups),
        acl: acl_of(records, place.subnet),
        endpoints: records
            .vpc_endpoints
            .values()
            .filter(|endpoint| endpoint.vpc == place.vpc)
            .map(|one| endpoint(records, one))
            .collect(),
    }
}

fn endpoint(records: &Records, endpoint: &VpcEndpoint) -> Endpoint {
    let kind = match &endpoint.kind {
        records::EndpointKind::Gateway { route_tables } => EndpointKind::Gateway { route_tables: route_tables.clone() },
        records::EndpointKind::Interface { private_dns, groups, interfaces } => EndpointKind::Interface {
            private_dns: *private_dns,
            groups: groups.clone(),
            ingress: rules(records, Direction::Ingress, groups),
            interfaces: interfaces
                .iter()
                .map(|one| EndpointInterface {
                    address: one.address,
                    subnet: one.subnet.clone(),
                    acl: acl_of(records, &one.subnet),
                })
                .collect(),
        },
    };
    Endpoint { id: endpoint.id.clone(), service: endpoint.service.clone(), kind }
}

/// The network ACL of a subnet.
fn acl_of(records: &Records, subnet: &str) -> Acl {
    let found = records.network_acls.values().find(|acl| acl.associations.iter().any(|one| one.subnet == subnet));
    let rules = found.into_iter().flat_map(|acl| &acl.entries).map(|entry| AclRule {
        number: entry.number,
        way: if entry.egress { Way::Out } else { Way::In },
        allows: entry.allows,
        protocol: entry.protocol.clone(),
        block: entry.cidr,
        ports: entry.ports.map(|(from, to)| from..=to),
    });
    Acl { id: found.map(|acl| acl.id.clone()).unwrap_or_default(), rules: rules.collect() }
}

/// The table of a subnet: its own, or else the VPC's main one.
fn table_of<'a>(records: &'a Records, vpc: &str, subnet: &str) -> Option<&'a RouteTable> {
    let associated = |subnet: Option<&str>| {
        let mut in_vpc = records.tables.values().filter(|table| table.vpc == vpc);
        in_vpc.find(|table| table.associations.iter().any(|association| association.subnet.as_deref() == subnet))
    };
    associated(Some(subnet)).or_else(|| associated(None))
}

fn route(records: &Records, from: &Place<'_>, destination: Ipv4Net, gateway: &str) -> Route {
    let target = match gateway {
        "local" => Target::Local,
        id if id.starts_with("nat-") => {
            let subnet = records.nat_gateways.get(id).map(|gateway| gateway.subnet.clone()).unwrap_or_default();
            Target::NatGateway { id: id.to_owned(), leads_on: leads_on(records, id), acl: acl_of(records, &subnet) }
        }
        id if id.starts_with("eni-") => Target::NatInstance { id: id.to_owned(), leads_on: passes_on(records, id, from) },
        id => internet_gateway(records, from.vpc, id),
    };
    Route { destination, target }
}

fn internet_gateway(records: &Records, vpc: &str, id: &str) -> Target {
    let attached = records.gateways.get(id).is_some_and(|gateway| gateway.vpc.as_deref() == Some(vpc));
    Target::InternetGateway { id: id.to_owned(), attached }
}

/// Whether the instance with an interface could pass on what comes `from` there.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html>
fn passes_on(records: &Records, interface: &str, from: &Place<'_>) -> bool {
    let Some(instance) = records.instance_with(interface) else { return false };
    let own = Place::of_instance(instance);
    // Two routes that lead to each other's instances lead nowhere.
    let is_public = instance.public_ip.is_some() && !through_instance(records, &own);
    let takes = rules(records, Direction::Ingress, &instance.groups);
    let lets_in = takes.iter().any(|rule| rule.lets_private(from.private_ip, from.groups));
    let (runs, checks) = (instance.state == State::Running, instance.interface.source_dest_check);
    runs && !checks && is_public && lets_in && snapshot(records, &own).missing_links().is_empty()
}

/// Whether a route of the place's subnet leads through an instance.
fn through_instance(records: &Records, place: &Place<'_>) -> bool {
    let table = table_of(records, place.vpc, place.subnet);
    table.is_some_and(|table| table.routes().any(|(_, gateway)| gateway.starts_with("eni-")))
}

/// Whether a NAT gateway is there, public, and in a subnet with a route to an internet gateway.
fn leads_on(records: &Records, id: &str) -> bool {
    let Some(gateway) = records.nat_gateways.get(id).filter(|gateway| gateway.deleted.is_none()) else { return false };
    let Some(address) = gateway.allocation.as_ref().and_then(|id| records.addresses.get(id)) else { return false };
    let table = table_of(records, &gateway.vpc, &gateway.subnet);
    // From one NAT gateway no route leads to another one.
    let onward = table.into_iter().flat_map(RouteTable::routes).map(|(destination, to)| Route {
        destination,
        target: if to == "local" { Target::Local } else { internet_gateway(records, &gateway.vpc, to) },
    });
    let anywhere = NetworkRule { protocol: "-1".to_owned(), from: -1, to: -1, peer: Peer::Block(Ipv4Net::default()) };
    // Its subnet's network ACL is asked with those who come to it.
    let everything = [Way::In, Way::Out].map(|way| AclRule {
        number: 1,
        way,
        allows: true,
        protocol: "-1".to_owned(),
        block: Ipv4Net::default(),
        ports: None,
    });
    let seen = Snapshot {
        vpc: gateway.vpc.clone(),
        dns_support: true,
        subnet: gateway.subnet.clone(),
        private_address: gateway.private_ip,
        public_address: Some(address.ip),
        route_table: String::new(),
        routes: onward.collect(),
        groups: Vec::new(),
        egress: vec![anywhere],
        acl: Acl { id: String::new(), rules: everything.to_vec() },
        endpoints: Vec::new(),
    };
    seen.missing_links().is_empty()
}

/// The rules of these groups for one direction.
fn rules(records: &Records, direction: Direction, groups: &[String]) -> Vec<NetworkRule> {
    let rules = records.rules.values().filter(|rule| rule.direction == direction && groups.contains(&rule.group));
    rules.map(network_rule).collect()
}

fn network_rule(rule: &Rule) -> NetworkRule {
    let peer = match &rule.source {
        Source::Ipv4(block) => Peer::Block(*block),
        Source::Group(group) => Peer::Group(group.clone()),
        Source::Ipv6(_) => Peer::Elsewhere,
    };
    NetworkRule { protocol: rule.protocol.clone(), from: rule.from, to: rule.to, peer }
}
