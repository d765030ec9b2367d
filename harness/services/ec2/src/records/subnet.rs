//! Subnets.

use ipnet::Ipv4Net;

#[derive(Debug, Clone)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) cidr: Ipv4Net,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) default: bool,
    pub(crate) map_public_ip: bool,
}
