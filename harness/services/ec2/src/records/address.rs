//! Elastic IP addresses.

use std::net::Ipv4Addr;

#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) allocation: String,
    pub(crate) ip: Ipv4Addr,
    /// Association id, and the instance or NAT gateway that has the address.
    pub(crate) association: Option<(String, String)>,
}
