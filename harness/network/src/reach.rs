//! What an instance reaches, and what keeps it from the rest.

use std::collections::BTreeMap;

use crate::missing_link::MissingLink;
use crate::private_way;
use crate::public_way;
use crate::snapshot::Snapshot;

/// What the SSM agent calls, with what else does for each: one that is current needs `ssmmessages`, an older one `ec2messages`.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html>
const OF_THE_AGENT: [&[&str]; 2] = [&["ssm"], &["ssmmessages", "ec2messages"]];

/// What an instance reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whether names are answered.
    pub names: bool,
    /// Whether services are reached at their public addresses.
    pub public: bool,
    /// Services that have an endpoint, and whether they are reached by it.
    pub by_endpoint: BTreeMap<String, bool>,
}

impl Reach {
    /// Whether the service is reached.
    pub fn has(&self, service: &str) -> bool {
        self.names && self.by_endpoint.get(service).copied().unwrap_or(self.public)
    }
}

impl Snapshot {
    /// What the instance reaches. A service that has an endpoint for its own name, or a route to one, is reached by that or not at all.
    pub fn reach(&self) -> Reach {
        let services = self.endpoints.iter().map(|endpoint| endpoint.service.as_str());
        let by_endpoint = services.filter_map(|service| {
            let endpoint = self.endpoint(service)?;
            Some((service.to_owned(), private_way::missing(self, endpoint).is_empty()))
        });
        Reach { names: self.dns_support, public: public_way::missing(self).is_empty(), by_endpoint: by_endpoint.collect() }
    }

    /// All that keeps the instance from AWS's public addresses, and from names. If empty, it reaches them, as far as this shows: behind a
    /// target that is not an internet gateway or a prefix list anything may be.
    pub fn missing_links(&self) -> Vec<MissingLink> {
        let mut missing = public_way::missing(self);
        if !self.dns_support {
            missing.push(MissingLink::Dns { vpc: self.vpc.clone() });
        }
        missing
    }

    /// All that keeps the instance's agent from Systems Manager; empty if it reaches that by one way or another.
    pub fn missing_for_agent(&self) -> Vec<MissingLink> {
        let has_some = OF_THE_AGENT.into_iter().flatten().any(|service| self.endpoint(service).is_some());
        self.missing_for(&OF_THE_AGENT, has_some)
    }

    /// All that keeps the instance from S3; empty if it reaches that by one way or another.
    pub fn missing_for_s3(&self) -> Vec<MissingLink> {
        self.missing_for(&[&["s3"]], !self.endpoints.is_empty())
    }

    /// All that keeps the instance from one of each of these services. In a VPC that `has_some` endpoints, those that are not there are missing, too.
    fn missing_for(&self, needs: &[&[&str]], has_some: bool) -> Vec<MissingLink> {
        let reach = self.reach();
        let is_unmet = |alternatives: &&[&str]| !alternatives.iter().any(|service| reach.has(service));
        let unmet: Vec<&[&str]> = needs.iter().copied().filter(is_unmet).collect();
        if unmet.is_empty() {
            return Vec::new();
        }
        // Endpoints that are there and closed.
        let closed = unmet.iter().copied().flatten().filter_map(|service| self.endpoint(service));
        let mut missing: Vec<MissingLink> = closed.flat_map(|endpoint| private_way::missing(self, endpoint)).collect();
        let without = unmet.iter().filter(|alternatives| !alternatives.iter().any(|service| self.endpoint(service).is_some()));
        let without: Vec<String> =
            without.filter_map(|alternatives| alternatives.first()).map(|service| (*service).to_owned()).collect();
        if !without.is_empty() || !has_some {
            let mut public = public_way::missing(self);
            if has_some {
                public.push(MissingLink::Endpoint { services: without });
            }
            missing.splice(0..0, public);
        }
        if !self.dns_support {
            missing.push(MissingLink::Dns { vpc: self.vpc.clone() });
        }
        missing.dedup();
        missing
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use ipnet::Ipv4Net;

    use super::*;
    use crate::acl::{Acl, AclRule, Way};
    use crate::endpoint::{Endpoint, EndpointInterface, EndpointKind};
    use crate::rule::{Peer, Rule};
    use crate::snapshot::{Route, Target};

    fn cidr(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    fn gateway(attached: bool) -> Target {
        Target::InternetGateway { id: "igw-1".to_owned(), attached }
    }

    fn route(destination: &str, target: Target) -> Route {
        Route { destination: cidr(destination), target }
    }

    fn rule(protocol: &str, (from, to): (i64, i64), peer: Peer) -> Rule {
        Rule { protocol: protocol.to_owned(), from, to, peer }
    }

    fn anybody() -> Peer {
        Peer::Block(cidr("0.0.0.0/0"))
    }

    /// A public subnet with AWS's first egress rule.
    fn open() -> Snapshot {
        Snapshot {
            vpc: "vpc-1".to_owned(),
            dns_support: true,
            subnet: "subnet-1".to_owned(),
            private_address: Ipv4Addr::new(10, 0, 1, 7),
            public_address: Some(Ipv4Addr::new(203, 0, 113, 7)),
            route_table: "rtb-1".to_owned(),
            routes: vec![route("10.0.0.0/16", Target::Local), route("0.0.0.0/0", gateway(true))],
            groups: vec!["sg-1".to_owned()],
            egress: vec![rule("-1", (-1, -1), anybody())],
            acl: open_acl(),
            endpoints: Vec::new(),
        }
    }

    fn entry(way: Way, block: &str, ports: (i64, i64)) -> AclRule {
        let (number, protocol) = (100, "6".to_owned());
        AclRule { number, way, allows: true, protocol, block: cidr(block), ports: Some(ports.0..=ports.1) }
    }

    fn acl(rules: &[AclRule]) -> Acl {
        Acl { id: "acl-1".to_owned(), rules: rules.to_vec() }
    }

    fn open_acl() -> Acl {
        acl(&[entry(Way::In, "0.0.0.0/0", (0, 65535)), entry(Way::Out, "0.0.0.0/0", (0, 65535))])
    }

    fn interface(service: &str, ingress: Peer) -> Endpoint {
        let kind = EndpointKind::Interface {
            private_dns: true,
            groups: vec!["sg-endpoint".to_owned()],
            ingress: vec![rule("tcp", (443, 443), ingress)],
            interfaces: vec![EndpointInterface {
                address: Ipv4Addr::new(10, 0, 2, 9),
                subnet: "subnet-2".to_owned(),
                acl: open_acl(),
            }],
        };
        Endpoint { id: format!("vpce-{service}"), service: service.to_owned(), kind }
    }

    /// A private subnet with these endpoints.
    fn private(endpoints: Vec<Endpoint>) -> Snapshot {
        Snapshot { public_address: None, routes: vec![route("10.0.0.0/16", Target::Local)], endpoints, ..open() }
    }

    fn own() -> Peer {
        Peer::Group("sg-1".to_owned())
    }

    fn routed(routes: &[(&str, Target)]) -> Vec<MissingLink> {
        let routes = routes.iter().map(|(destination, target)| route(destination, target.clone())).collect();
        Snapshot { routes, ..open() }.missing_links()
    }

    fn let_out(egress: Vec<Rule>) -> bool {
        Snapshot { egress, ..open() }.missing_links().is_empty()
    }

    fn no_route() -> MissingLink {
        MissingLink::Route { table: "rtb-1".to_owned() }
    }

    #[test]
    fn an_instance_in_a_public_subnet_reaches_aws() {
        assert_eq!(open().missing_links(), []);
    }

    #[test]
    fn without_a_route_the_table_is_named() {
        assert_eq!(routed(&[("10.0.0.0/16", Target::Local)]), [no_route()]);
    }

    #[test]
    fn a_gateway_that_is_not_attached_is_named() {
        let missing = MissingLink::Attachment { gateway: "igw-1".to_owned(), vpc: "vpc-1".to_owned() };
        assert_eq!(routed(&[("0.0.0.0/0", gateway(false))]), [missing]);
    }

    #[test]
    fn the_most_specific_route_counts() {
        assert_eq!(routed(&[("0.0.0.0/1", gateway(true)), ("128.0.0.0/1", gateway(true))]), []);
        assert_eq!(routed(&[("0.0.0.0/0", gateway(true)), ("52.0.0.0/8", gateway(false))]).len(), 1);
        assert_eq!(routed(&[("0.0.0.0/0", gateway(false)), ("0.0.0.0/1", gateway(true))]), []);
        assert_eq!(routed(&[("52.0.0.0/8", gateway(true))]), [no_route()], "not all of AWS is there");
    }

    #[test]
    fn an_internet_gateway_takes_a_public_address_and_others_do_not() {
        let private = |target: Target| {
            let routes = vec![route("0.0.0.0/0", target)];
            Snapshot { public_address: None, routes, ..open() }.missing_links()
        };
        assert_eq!(private(gateway(true)), [MissingLink::PublicAddress { subnet: "subnet-1".to_owned() }]);
        assert_eq!(private(Target::Other("nat-1".to_owned())), []);
    }

    #[test]
    fn a_route_through_an_instance_leads_on_or_is_named() {
        let through = |leads_on| {
            let target = Target::NatInstance { id: "eni-1".to_owned(), leads_on };
            Snapshot { public_address: None, routes: vec![route("0.0.0.0/0", target)], ..open() }.missing_links()
        };
        assert_eq!(through(true), []);
        assert_eq!(through(false), [MissingLink::NatInstance { interface: "eni-1".to_owned() }]);
    }

    #[test]
    fn egress_is_for_tcp_port_443_to_addresses_of_aws() {
        assert!(let_out(vec![rule("tcp", (443, 443), anybody())]));
        assert!(let_out(vec![rule("6", (0, 65535), Peer::PrefixList)]));
        let halves = ["0.0.0.0/1", "128.0.0.0/1"].map(|half| rule("tcp", (443, 443), Peer::Block(cidr(half))));
        assert!(let_out(halves.to_vec()));
        for closed in [
            rule("tcp", (80, 80), anybody()),
            rule("udp", (443, 443), anybody()),
            rule("tcp", (443, 443), Peer::Block(cidr("10.0.0.0/8"))),
            rule("-1", (-1, -1), Peer::Elsewhere),
        ] {
            assert!(!let_out(vec![closed.clone()]), "{closed:?}");
        }
        let missing = Snapshot { egress: Vec::new(), ..open() }.missing_links();
        assert_eq!(missing, [MissingLink::Egress { groups: vec!["sg-1".to_owned()] }]);
    }

    #[test]
    fn a_vpc_without_dns_support_is_named() {
        let missing = Snapshot { dns_support: false, ..open() }.missing_links();
        assert_eq!(missing, [MissingLink::Dns { vpc: "vpc-1".to_owned() }]);
    }

    #[test]
    fn all_that_is_missing_is_named() {
        let nothing = Snapshot { public_address: None, routes: Vec::new(), egress: Vec::new(), dns_support: false, ..open() };
        assert_eq!(nothing.missing_links().len(), 4);
    }

    #[test]
    fn a_private_subnet_reaches_what_has_an_endpoint_and_nothing_else() {
        let gateway = EndpointKind::Gateway { route_tables: vec!["rtb-1".to_owned()] };
        let s3 = Endpoint { id: "vpce-s3".to_owned(), service: "s3".to_owned(), kind: gateway };
        let snapshot =
            private(vec![interface("ssm", own()), interface("ssmmessages", Peer::Block(cidr("10.0.0.0/16"))), s3.clone()]);
        let reach = snapshot.reach();
        assert!(reach.has("ssm") && reach.has("ssmmessages") && reach.has("s3") && !reach.has("logs"));
        assert_eq!(snapshot.missing_for_agent(), []);
        let other = EndpointKind::Gateway { route_tables: vec!["rtb-2".to_owned()] };
        assert!(!private(vec![Endpoint { kind: other, ..s3 }]).reach().has("s3"), "the route is in another table");
    }

    #[test]
    fn what_uploads_lack_is_named() {
        assert_eq!(open().missing_for_s3(), []);
        let endpoints = vec![interface("ssm", own()), interface("ssmmessages", own())];
        let lacking = private(endpoints.clone()).missing_for_s3();
        assert!(lacking.contains(&MissingLink::Endpoint { services: vec!["s3".to_owned()] }), "{lacking:?}");
        let gateway = |table: &str| Endpoint {
            id: "vpce-s3".to_owned(),
            service: "s3".to_owned(),
            kind: EndpointKind::Gateway { route_tables: vec![table.to_owned()] },
        };
        assert_eq!(private([endpoints.as_slice(), &[gateway("rtb-1")]].concat()).missing_for_s3(), []);
        assert_ne!(private([endpoints.as_slice(), &[gateway("rtb-2")]].concat()).missing_for_s3(), []);
    }

    #[test]
    fn what_an_agent_lacks_of_endpoints_is_named() {
        let alone = private(vec![interface("ssm", own())]).missing_for_agent();
        assert!(
            alone.contains(&MissingLink::Endpoint { services: vec!["ssmmessages".to_owned()] }) && alone.contains(&no_route()),
            "{alone:?}"
        );
        assert_eq!(private(vec![interface("ssm", own()), interface("ec2messages", own())]).missing_for_agent(), []);
        let closed = private(vec![interface("ssm", Peer::Group("sg-2".to_owned())), interface("ec2messages", own())]);
        let missing = MissingLink::EndpointIngress { endpoint: "vpce-ssm".to_owned(), groups: vec!["sg-endpoint".to_owned()] };
        assert_eq!(closed.missing_for_agent(), [missing]);
        let none = private(Vec::new());
        assert_eq!(none.missing_for_agent(), none.missing_links());
    }

    #[test]
    fn an_endpoint_takes_its_services_traffic_even_from_a_public_subnet() {
        let closed = Snapshot { endpoints: vec![interface("ssm", Peer::Elsewhere)], ..open() };
        assert!(!closed.reach().has("ssm") && closed.reach().has("s3"));
        assert_eq!(closed.missing_for_agent().len(), 1);
        let egress = vec![rule("tcp", (443, 443), Peer::Group("sg-endpoint".to_owned()))];
        let to_endpoint = Snapshot { egress, endpoints: vec![interface("ssm", own())], ..open() };
        assert!(to_endpoint.reach().has("ssm") && !to_endpoint.reach().has("s3"));
        let mut unnamed = interface("ssm", Peer::Elsewhere);
        if let EndpointKind::Interface { private_dns, .. } = &mut unnamed.kind {
            *private_dns = false;
        }
        assert!(Snapshot { endpoints: vec![unnamed], ..open() }.reach().has("ssm"), "its name leads elsewhere");
    }

    #[test]
    fn a_network_acl_is_asked_both_ways() {
        let with = |rules: &[AclRule]| Snapshot { acl: acl(rules), ..open() }.missing_links();
        let (out, back) = (entry(Way::Out, "0.0.0.0/0", (443, 443)), entry(Way::In, "0.0.0.0/0", (1024, 65535)));
        assert_eq!(with(&[out.clone(), back.clone()]), []);
        assert_eq!(with(std::slice::from_ref(&back)), [MissingLink::AclOut { acl: "acl-1".to_owned() }]);
        assert_eq!(with(std::slice::from_ref(&out)), [MissingLink::AclIn { acl: "acl-1".to_owned() }]);
        let narrow = entry(Way::In, "0.0.0.0/0", (49152, 65535));
        assert_eq!(with(&[out.clone(), narrow]), [MissingLink::AclIn { acl: "acl-1".to_owned() }], "Linux's begin lower");
        let through = |rules: &[AclRule]| {
            let target = Target::NatGateway { id: "nat-1".to_owned(), leads_on: true, acl: acl(rules) };
            Snapshot { public_address: None, routes: vec![route("0.0.0.0/0", target)], ..open() }.missing_links()
        };
        let within = [entry(Way::In, "10.0.0.0/16", (443, 443)), entry(Way::Out, "10.0.0.0/16", (1024, 65535))];
        assert_eq!(through(&[within.as_slice(), &[out.clone(), back.clone()]].concat()), []);
        let missing = MissingLink::NatAcl { gateway: "nat-1".to_owned(), acl: "acl-1".to_owned() };
        assert_eq!(through(&[out, back]), [missing]);
    }

    #[test]
    fn an_endpoint_in_another_subnet_is_behind_both_network_acls() {
        let mut endpoint = interface("ssm", own());
        let EndpointKind::Interface { interfaces, .. } = &mut endpoint.kind else { return };
        interfaces[0].acl = acl(&[entry(Way::In, "10.0.1.0/24", (443, 443))]);
        let snapshot = private(vec![endpoint.clone(), interface("ec2messages", own())]);
        let missing = MissingLink::EndpointAcl { endpoint: "vpce-ssm".to_owned(), acl: "acl-1".to_owned() };
        assert_eq!(snapshot.missing_for_agent(), [missing]);
        let EndpointKind::Interface { interfaces, .. } = &mut endpoint.kind else { return };
        interfaces[0].subnet = "subnet-1".to_owned();
        assert_eq!(private(vec![endpoint, interface("ec2messages", own())]).missing_for_agent(), [], "of one subnet");
    }
}
