//! The way to a service by an endpoint of the VPC.

use crate::acl::Way;
use crate::endpoint::{Endpoint, EndpointKind};
use crate::missing_link::MissingLink;
use crate::public_way::{EPHEMERAL, S3, TO_ENDPOINT, closed};
use crate::snapshot::Snapshot;

/// All that is missing of it. A gateway's traffic goes to the service's public addresses, an interface's to its own.
pub(crate) fn missing(snapshot: &Snapshot, endpoint: &Endpoint) -> Vec<MissingLink> {
    let id = &endpoint.id;
    let mut missing = Vec::new();
    match &endpoint.kind {
        EndpointKind::Gateway { .. } => {
            if !snapshot.egress.iter().any(|rule| rule.lets_public(S3)) {
                missing.push(MissingLink::Egress { groups: snapshot.groups.clone() });
            }
            missing.extend(closed(snapshot, &[S3]));
        }
        EndpointKind::Interface { groups, ingress, interfaces, .. } => {
            let all = |lets: &dyn Fn(std::net::Ipv4Addr) -> bool| interfaces.iter().all(|one| lets(one.address));
            if !all(&|address| snapshot.egress.iter().any(|rule| rule.lets_private(address, groups))) {
                missing.push(MissingLink::Egress { groups: snapshot.groups.clone() });
            }
            if !ingress.iter().any(|rule| rule.lets_private(snapshot.private_address, &snapshot.groups)) {
                missing.push(MissingLink::EndpointIngress { endpoint: id.clone(), groups: groups.clone() });
            }
            // Within a subnet no network ACL is asked.
            for one in interfaces.iter().filter(|one| one.subnet != snapshot.subnet) {
                missing.extend(closed(snapshot, &[one.address]));
                let own = snapshot.private_address;
                if !(one.acl.lets(Way::In, own, &TO_ENDPOINT) && one.acl.lets(Way::Out, own, &EPHEMERAL)) {
                    missing.push(MissingLink::EndpointAcl { endpoint: id.clone(), acl: one.acl.id.clone() });
                }
            }
            if interfaces.is_empty() {
                missing.push(MissingLink::EndpointSubnet { endpoint: id.clone() });
            }
        }
    }
    missing.dedup();
    missing
}
