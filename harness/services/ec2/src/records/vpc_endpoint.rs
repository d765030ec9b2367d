//! VPC endpoints.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;

#[derive(Debug, Clone)]
pub(crate) struct VpcEndpoint {
    pub(crate) id: String,
    pub(crate) vpc: String,
    /// `ssm`, of `com.amazonaws.us-east-1.ssm`
    pub(crate) service: String,
    pub(crate) policy: PolicyDocument,
    pub(crate) created: Timestamp,
    pub(crate) kind: EndpointKind,
    /// Of the request that made it, which may be repeated.
    pub(crate) client_token: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum EndpointKind {
    Gateway { route_tables: Vec<String> },
    Interface { private_dns: bool, groups: Vec<String>, interfaces: Vec<EndpointInterface> },
}

/// A network interface of an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct EndpointInterface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    pub(crate) address: Ipv4Addr,
}

impl VpcEndpoint {
    pub(crate) fn interfaces(&self) -> &[EndpointInterface] {
        match &self.kind {
            EndpointKind::Interface { interfaces, .. } => interfaces,
            EndpointKind::Gateway { .. } => &[],
        }
    }

    /// The tables that have a route to it.
    pub(crate) fn route_tables(&self) -> &[String] {
        match &self.kind {
            EndpointKind::Gateway { route_tables } => route_tables,
            EndpointKind::Interface { .. } => &[],
        }
    }

    pub(crate) fn groups(&self) -> &[String] {
        match &self.kind {
            EndpointKind::Interface { groups, .. } => groups,
            EndpointKind::Gateway { .. } => &[],
        }
    }
}
