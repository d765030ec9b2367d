//! What decides whether an instance reaches AWS.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::acl::Acl;
use crate::endpoint::{Endpoint, EndpointKind};
use crate::rule::Rule;

/// The network of an instance, as EC2 shows it at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its VPC.
    pub vpc: String,
    /// Whether the VPC's DNS server answers: `enableDnsSupport`.
    pub dns_support: bool,
    /// Its subnet.
    pub subnet: String,
    /// Its address in the subnet.
    pub private_address: Ipv4Addr,
    /// Its public IPv4 address, if it has one.
    pub public_address: Option<Ipv4Addr>,
    /// The table of its subnet, or the VPC's main one.
    pub route_table: String,
    /// The routes of that table.
    pub routes: Vec<Route>,
    /// Its security groups.
    pub groups: Vec<String>,
    /// The egress rules of all of them.
    pub egress: Vec<Rule>,
    /// The network ACL of its subnet.
    pub acl: Acl,
    /// The endpoints of its VPC.
    pub endpoints: Vec<Endpoint>,
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
        /// The network ACL of its subnet.
        acl: Acl,
    },
    /// An instance that translates addresses. <https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html>
    NatInstance {
        /// The id of its interface.
        id: String,
        /// Whether it runs, takes what is addressed to others, lets HTTPS in from here and out to AWS, and reaches an attached internet
        /// gateway by a public address. Whether its system forwards packets EC2 does not show.
        leads_on: bool,
    },
    /// Something else: a transit gateway, an interface. What is behind it is not known here.
    Other(String),
}

impl Snapshot {
    /// The endpoint by which traffic to a service goes, if it goes by one.
    pub fn endpoint(&self, service: &str) -> Option<&Endpoint> {
        let mut of_service = self.endpoints.iter().filter(|endpoint| endpoint.service == service);
        let named = |endpoint: &&Endpoint| matches!(endpoint.kind, EndpointKind::Interface { private_dns: true, .. });
        let routed = |endpoint: &&Endpoint| matches!(&endpoint.kind, EndpointKind::Gateway { route_tables } if route_tables.contains(&self.route_table));
        of_service.clone().find(named).or_else(|| of_service.find(routed))
    }
}
