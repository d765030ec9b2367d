//! The way to AWS's public addresses: a route, an address that it carries, and nobody in between who closes it.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use crate::acl::Way;
use crate::missing_link::MissingLink;
use crate::rule::HTTPS;
use crate::snapshot::{Snapshot, Target};

/// One address each of ranges that S3, Systems Manager and other services have their endpoints in. Which address a name has differs by
/// region and by the minute, so that a network counts as open only where all of these are.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html>
const ENDPOINTS: [Ipv4Addr; 3] = [S3, Ipv4Addr::new(52, 46, 128, 1), Ipv4Addr::new(54, 231, 0, 1)];
/// One of S3's.
pub(crate) const S3: Ipv4Addr = Ipv4Addr::new(3, 5, 0, 1);

/// The ports that Linux begins connections from, which answers come back to.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
pub(crate) const EPHEMERAL: RangeInclusive<i64> = 32768..=60999;
/// Those of a NAT gateway.
const OF_NAT: RangeInclusive<i64> = 1024..=65535;
pub(crate) const TO_ENDPOINT: RangeInclusive<i64> = HTTPS..=HTTPS;

/// All that is missing of it.
///
/// Traffic to the VPC's DNS server passes neither route tables nor security groups, nor network ACLs.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>
pub(crate) fn missing(snapshot: &Snapshot) -> Vec<MissingLink> {
    let mut missing = Vec::new();
    let targets = ENDPOINTS.map(|address| target(snapshot, address));
    if targets.iter().any(|target| matches!(target, None | Some(Target::Local))) {
        missing.push(MissingLink::Route { table: snapshot.route_table.clone() });
    } else if let Some(gateway) = targets.iter().find_map(|target| match target {
        Some(Target::InternetGateway { id, attached: false }) => Some(id),
        _ => None,
    }) {
        missing.push(MissingLink::Attachment { gateway: gateway.clone(), vpc: snapshot.vpc.clone() });
    } else if let Some(gateway) = targets.iter().find_map(|target| match target {
        Some(Target::NatGateway { id, leads_on: false, .. }) => Some(id),
        _ => None,
    }) {
        missing.push(MissingLink::NatGateway { gateway: gateway.clone() });
    } else if let Some(interface) = targets.iter().find_map(|target| match target {
        Some(Target::NatInstance { id, leads_on: false }) => Some(id),
        _ => None,
    }) {
        missing.push(MissingLink::NatInstance { interface: interface.clone() });
    }
    // An internet gateway translates public addresses and none but those; others bring one of their own.
    if snapshot.public_address.is_none()
        && !targets
            .iter()
            .any(|target| matches!(target, Some(Target::NatGateway { .. } | Target::NatInstance { .. } | Target::Other(_))))
    {
        missing.push(MissingLink::PublicAddress { subnet: snapshot.subnet.clone() });
    }
    if !ENDPOINTS.iter().all(|address| snapshot.egress.iter().any(|rule| rule.lets_public(*address))) {
        missing.push(MissingLink::Egress { groups: snapshot.groups.clone() });
    }
    missing.extend(closed(snapshot, &ENDPOINTS));
    let nat = targets.iter().find_map(|target| match target {
        Some(Target::NatGateway { id, acl, leads_on: true }) => Some((id, acl)),
        _ => None,
    });
    if let Some((gateway, acl)) = nat {
        let own = snapshot.private_address;
        let there = acl.lets(Way::In, own, &TO_ENDPOINT) && ENDPOINTS.iter().all(|to| acl.lets(Way::Out, *to, &TO_ENDPOINT));
        let back = ENDPOINTS.iter().all(|from| acl.lets(Way::In, *from, &OF_NAT)) && acl.lets(Way::Out, own, &EPHEMERAL);
        if !(there && back) {
            missing.push(MissingLink::NatAcl { gateway: gateway.clone(), acl: acl.id.clone() });
        }
    }
    missing
}

/// What the subnet's network ACL keeps back of traffic with these addresses.
pub(crate) fn closed(snapshot: &Snapshot, addresses: &[Ipv4Addr]) -> Vec<MissingLink> {
    let acl = &snapshot.acl;
    let passes = |way, ports: &RangeInclusive<i64>| addresses.iter().all(|address| acl.lets(way, *address, ports));
    let mut closed = Vec::new();
    if !passes(Way::Out, &TO_ENDPOINT) {
        closed.push(MissingLink::AclOut { acl: acl.id.clone() });
    }
    if !passes(Way::In, &EPHEMERAL) {
        closed.push(MissingLink::AclIn { acl: acl.id.clone() });
    }
    closed
}

/// Where the most specific route for an address leads.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>
fn target(snapshot: &Snapshot, address: Ipv4Addr) -> Option<&Target> {
    let fitting = snapshot.routes.iter().filter(|route| route.destination.contains(&address));
    fitting.max_by_key(|route| route.destination.prefix_len()).map(|route| &route.target)
}
