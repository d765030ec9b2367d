//! What each instance reaches of AWS, by the records as they are now.

use ipnet::Ipv4Net;
use nightproof_core::Region;
use nightproof_machine_protocol::link::Link;
use nightproof_network::{Egress, MissingLink, Peer, Route, Snapshot, Target};

use crate::ec2::Ec2;
use crate::records::{Direction, Instance, Records, RouteTable, Rule, Source};

impl Ec2 {
    /// Opens and closes the links of the account's instances, as a change of the records may have it.
    pub(crate) fn relink(&self, region: &Region, account: &str) {
        // Under the lock, so that of two changes the later one comes last.
        self.with_records(region, account, |records| {
            for instance in records.instances.values().filter(|instance| !instance.is_terminated()) {
                self.links.update(&instance.id, link(records, instance));
            }
        });
    }
}

/// What an instance reaches.
pub(crate) fn link(records: &Records, instance: &Instance) -> Link {
    let (names, endpoints): (Vec<_>, Vec<_>) =
        snapshot(records, instance).missing_links().into_iter().partition(|missing| matches!(missing, MissingLink::Dns { .. }));
    Link { names: names.is_empty(), endpoints: endpoints.is_empty() }
}

fn snapshot(records: &Records, instance: &Instance) -> Snapshot {
    let table = table_of(records, &instance.vpc, &instance.subnet);
    let routes = table.into_iter().flat_map(RouteTable::routes);
    let rules =
        records.rules.values().filter(|rule| rule.direction == Direction::Egress && instance.groups.contains(&rule.group));
    Snapshot {
        vpc: instance.vpc.clone(),
        dns_support: records.vpcs.get(&instance.vpc).is_some_and(|vpc| vpc.dns_support),
        subnet: instance.subnet.clone(),
        public_address: instance.public_ip,
        route_table: table.map(|table| table.id.clone()).unwrap_or_default(),
        routes: routes.map(|(destination, gateway)| route(records, &instance.vpc, destination, gateway)).collect(),
        groups: instance.groups.clone(),
        egress: rules.map(egress).collect(),
    }
}

/// The table of a subnet: its own, or else the VPC's main one.
fn table_of<'a>(records: &'a Records, vpc: &str, subnet: &str) -> Option<&'a RouteTable> {
    let associated = |subnet: Option<&str>| {
        let mut in_vpc = records.tables.values().filter(|table| table.vpc == vpc);
        in_vpc.find(|table| table.associations.iter().any(|association| association.subnet.as_deref() == subnet))
    };
    associated(Some(subnet)).or_else(|| associated(None))
}

fn route(records: &Records, vpc: &str, destination: Ipv4Net, gateway: &str) -> Route {
    let target = match gateway {
        "local" => Target::Local,
        id if id.starts_with("nat-") => Target::NatGateway { id: id.to_owned(), leads_on: leads_on(records, id) },
        id => internet_gateway(records, vpc, id),
    };
    Route { destination, target }
}

fn internet_gateway(records: &Records, vpc: &str, id: &str) -> Target {
    let attached = records.gateways.get(id).is_some_and(|gateway| gateway.vpc.as_deref() == Some(vpc));
    Target::InternetGateway { id: id.to_owned(), attached }
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
    let anywhere = Egress { protocol: "-1".to_owned(), from: -1, to: -1, peer: Peer::Block(Ipv4Net::default()) };
    let seen = Snapshot {
        vpc: gateway.vpc.clone(),
        dns_support: true,
        subnet: gateway.subnet.clone(),
        public_address: Some(address.ip),
        route_table: String::new(),
        routes: onward.collect(),
        groups: Vec::new(),
        egress: vec![anywhere],
    };
    seen.missing_links().is_empty()
}

fn egress(rule: &Rule) -> Egress {
    let peer = match rule.source {
        Source::Ipv4(block) => Peer::Block(block),
        Source::Ipv6(_) | Source::Group(_) => Peer::Elsewhere,
    };
    Egress { protocol: rule.protocol.clone(), from: rule.from, to: rule.to, peer }
}
