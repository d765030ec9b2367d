//! Network interfaces that were made by themselves, and not with an instance.

use std::net::Ipv4Addr;

/// A network interface that outlives what it is attached to.
#[derive(Debug, Clone)]
pub(crate) struct NetworkInterface {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) groups: Vec<String>,
    pub(crate) private_ip: Ipv4Addr,
    pub(crate) secondary: Vec<Ipv4Addr>,
    pub(crate) mac: String,
    pub(crate) description: String,
    pub(crate) source_dest_check: bool,
    pub(crate) client_token: Option<String>,
    /// Of one that AWS Lambda made for functions in a VPC: the id of its attachment, and who made it.
    pub(crate) function: Option<FunctionAttachment>,
}

/// What Lambda attaches its interfaces with. <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>
#[derive(Debug, Clone)]
pub(crate) struct FunctionAttachment {
    pub(crate) id: String,
    /// `AROA…:function`
    pub(crate) requester: String,
}

impl NetworkInterface {
    /// All of its private addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        std::iter::once(self.private_ip).chain(self.secondary.iter().copied())
    }
}
