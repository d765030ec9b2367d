//! VPC endpoints. <https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html>

use std::net::Ipv4Addr;

use crate::acl::Acl;
use crate::rule::Rule;

/// An endpoint of an instance's VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// The service that it leads to, as the last part of its name: `s3`, `ssm`.
    pub service: String,
    /// What it is.
    pub kind: EndpointKind,
}

/// What an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointKind {
    /// A target of routes.
    Gateway {
        /// The tables that have a route to it.
        route_tables: Vec<String>,
    },
    /// Network interfaces.
    Interface {
        /// Whether the service's own name leads to it.
        private_dns: bool,
        /// Its security groups.
        groups: Vec<String>,
        /// The ingress rules of all of them.
        ingress: Vec<Rule>,
        /// Its interfaces.
        interfaces: Vec<EndpointInterface>,
    },
}

/// A network interface of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointInterface {
    /// Its address.
    pub address: Ipv4Addr,
    /// Its subnet.
    pub subnet: String,
    /// The network ACL of that.
    pub acl: Acl,
}
