//! What each instance reaches of AWS, by the records as they are now.

use ipnet::Ipv4Net;
use nightproof_core::Region;
use nightproof_machine_protocol::link::Link;
use nightproof_network::{Egress, MissingLink, Peer, Route, Snapshot, Target};

use crate::ec2::Ec2;
use crate::records::{Direction, Instance, Records, Rule, Source};

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
    let associated = |subnet: Option<&str>| {
        let in_vpc = records.tables.values().filter(|table| table.vpc == instance.vpc);
        in_vpc.into_iter().find(|table| table.associations.iter().any(|association| association.subnet.as_deref() == subnet))
    };
    // A subnet without a table of its own has the main one.
    let table = associated(Some(&instance.subnet)).or_else(|| associated(None));
    let routes = table.into_iter().flat_map(|table| table.routes());
    let rules =
        records.rules.values().filter(|rule| rule.direction == Direction::Egress && instance.groups.contains(&rule.group));
    Snapshot {
        vpc: instance.vpc.clone(),
        dns_support: records.vpcs.get(&instance.vpc).is_some_and(|vpc| vpc.dns_support),
        subnet: instance.subnet.clone(),
        public_address: instance.public_ip,
        route_table: table.map(|table| table.id.clone()).unwrap_or_default(),
        routes: routes.map(|(destination, gateway)| route(records, instance, destination, gateway)).collect(),
        groups: instance.groups.clone(),
        egress: rules.map(egress).collect(),
    }
}

fn route(records: &Records, instance: &Instance, destination: Ipv4Net, gateway: &str) -> Route {
    let attached = || records.gateways.get(gateway).is_some_and(|gateway| gateway.vpc.as_ref() == Some(&instance.vpc));
    let target = match gateway {
        "local" => Target::Local,
        id => Target::InternetGateway { id: id.to_owned(), attached: attached() },
    };
    Route { destination, target }
}

fn egress(rule: &Rule) -> Egress {
    let peer = match rule.source {
        Source::Ipv4(block) => Peer::Block(block),
        Source::Ipv6(_) | Source::Group(_) => Peer::Elsewhere,
    };
    Egress { protocol: rule.protocol.clone(), from: rule.from, to: rule.to, peer }
}
