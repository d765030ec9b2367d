//! NAT gateways.

use std::net::Ipv4Addr;

use jiff::Timestamp;

#[derive(Debug, Clone)]
pub(crate) struct NatGateway {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    /// Of its network interface.
    pub(crate) interface: String,
    pub(crate) private_ip: Ipv4Addr,
    /// The Elastic IP address of a public one, by its allocation id; a private one has none.
    pub(crate) allocation: Option<String>,
    pub(crate) created: Timestamp,
    /// It is still described for an hour after.
    pub(crate) deleted: Option<Timestamp>,
    /// Of the request that made it, which may be repeated.
    pub(crate) client_token: Option<String>,
}
