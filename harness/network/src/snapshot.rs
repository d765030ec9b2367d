//! What decides whether an instance reaches AWS, and the decision.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::MissingLink;

/// One address each of ranges that Systems Manager, other services and S3 have their endpoints in. Which address a name has differs by
/// region and by the minute, so that a network counts as open only where all of these are.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html>
const ENDPOINTS: [Ipv4Addr; 3] = [Ipv4Addr::new(3, 5, 0, 1), Ipv4Addr::new(52, 46, 128, 1), Ipv4Addr::new(54, 231, 0, 1)];

/// The port of every endpoint.
const HTTPS: i64 = 443;

/// The network of an instance, as EC2 shows it at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its VPC.
    pub vpc: String,
    /// Whether the VPC's DNS server answers: `enableDnsSupport`.
    pub dns_support: bool,
    /// Its subnet.
    pub subnet: String,
    /// Its public IPv4 address, if it has one.
    pub public_address: Option<Ipv4Addr>,
    /// The table of its subnet, or the VPC's main one.
    pub route_table: String,
    /// The routes of that table.
    pub routes: Vec<Route>,
    /// Its security groups.
    pub groups: Vec<String>,
    /// The egress rules of all of them.
    pub egress: Vec<Egress>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Which addresses it is for.
    pub destination: Ipv4Net,
    /// Where they are reached.
    pub target: Target,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Within the VPC.
    Local,
    /// An internet gateway.
    InternetGateway {
        /// Its id.
        id: String,
        /// Whether it is attached to this VPC.
        attached: bool,
    },
    /// A NAT gateway.
    NatGateway {
        /// Its id.
        id: String,
        /// Whether it is there, public, and in a subnet with a route to an attached internet gateway.
        leads_on: bool,
    },
    /// Something else: a transit gateway, an interface. What is behind it is not known here.
    Other(String),
}

/// An egress rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Egress {
    /// `-1` for all, else a name or a number: `tcp`, `6`.
    pub protocol: String,
    /// The first port; ignored where all protocols are allowed.
    pub from: i64,
    /// The last port.
    pub to: i64,
    /// Whom it lets traffic go to.
    pub peer: Peer,
}

/// Whom an egress rule lets traffic go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// These addresses.
    Block(Ipv4Net),
    /// A prefix list, whose addresses are not known here.
    PrefixList,
    /// Instances of a security group, or IPv6 addresses: no endpoint.
    Elsewhere,
}

impl Snapshot {
    /// All that keeps the instance from AWS. If empty, it reaches AWS, as far as this shows: behind a target that is not an internet gateway
    /// or a prefix list anything may be.
    ///
    /// Traffic to the VPC's DNS server passes neither route tables nor security groups.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>
    pub fn missing_links(&self) -> Vec<MissingLink> {
        let mut missing = Vec::new();
        let targets = ENDPOINTS.map(|address| self.target(address));
        if targets.iter().any(|target| matches!(target, None | Some(Target::Local))) {
            missing.push(MissingLink::Route { table: self.route_table.clone() });
        } else if let Some(gateway) = targets.iter().find_map(|target| match target {
            Some(Target::InternetGateway { id, attached: false }) => Some(id),
            _ => None,
        }) {
            missing.push(MissingLink::Attachment { gateway: gateway.clone(), vpc: self.vpc.clone() });
        } else if let Some(gateway) = targets.iter().find_map(|target| match target {
            Some(Target::NatGateway { id, leads_on: false }) => Some(id),
            _ => None,
        }) {
            missing.push(MissingLink::NatGateway { gateway: gateway.clone() });
        }
        // An internet gateway translates public addresses and none but those; others bring one of their own.
        if self.public_address.is_none()
            && !targets.iter().any(|target| matches!(target, Some(Target::NatGateway { .. } | Target::Other(_))))
        {
            missing.push(MissingLink::PublicAddress { subnet: self.subnet.clone() });
        }
        if !ENDPOINTS.iter().all(|address| self.egress.iter().any(|rule| rule.lets_out(*address))) {
            missing.push(MissingLink::Egress { groups: self.groups.clone() });
        }
        if !self.dns_support {
            missing.push(MissingLink::Dns { vpc: self.vpc.clone() });
        }
        missing
    }

    /// Where the most specific route for an address leads.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>
    fn target(&self, address: Ipv4Addr) -> Option<&Target> {
        let fitting = self.routes.iter().filter(|route| route.destination.contains(&address));
        fitting.max_by_key(|route| route.destination.prefix_len()).map(|route| &route.target)
    }
}

impl Egress {
    fn lets_out(&self, address: Ipv4Addr) -> bool {
        let port = match self.protocol.as_str() {
            "-1" => true,
            "tcp" | "6" => (self.from..=self.to).contains(&HTTPS),
            _ => false,
        };
        port && match self.peer {
            Peer::Block(block) => block.contains(&address),
            Peer::PrefixList => true,
            Peer::Elsewhere => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    fn gateway(attached: bool) -> Target {
        Target::InternetGateway { id: "igw-1".to_owned(), attached }
    }

    fn route(destination: &str, target: Target) -> Route {
        Route { destination: cidr(destination), target }
    }

    fn rule(protocol: &str, (from, to): (i64, i64), peer: Peer) -> Egress {
        Egress { protocol: protocol.to_owned(), from, to, peer }
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
            public_address: Some(Ipv4Addr::new(203, 0, 113, 7)),
            route_table: "rtb-1".to_owned(),
            routes: vec![route("10.0.0.0/16", Target::Local), route("0.0.0.0/0", gateway(true))],
            groups: vec!["sg-1".to_owned()],
            egress: vec![rule("-1", (-1, -1), anybody())],
        }
    }

    fn routed(routes: &[(&str, Target)]) -> Vec<MissingLink> {
        let routes = routes.iter().map(|(destination, target)| route(destination, target.clone())).collect();
        Snapshot { routes, ..open() }.missing_links()
    }

    fn let_out(egress: Vec<Egress>) -> bool {
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
}
