//! Rules of security groups. <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// The port of every endpoint.
pub(crate) const HTTPS: i64 = 443;

/// A rule of a security group, for one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `-1` for all, else a name or a number: `tcp`, `6`.
    pub protocol: String,
    /// The first port; ignored where all protocols are allowed.
    pub from: i64,
    /// The last port.
    pub to: i64,
    /// Whom it lets traffic go to or come from.
    pub peer: Peer,
}

/// The other end of traffic that a rule allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// These addresses.
    Block(Ipv4Net),
    /// A prefix list of AWS's, whose addresses are not known here.
    PrefixList,
    /// What has this security group.
    Group(String),
    /// IPv6 addresses.
    Elsewhere,
}

impl Rule {
    /// Whether it lets HTTPS through with an AWS's public address.
    pub(crate) fn lets_public(&self, address: Ipv4Addr) -> bool {
        self.is_https()
            && match &self.peer {
                Peer::Block(block) => block.contains(&address),
                Peer::PrefixList => true,
                Peer::Group(_) | Peer::Elsewhere => false,
            }
    }

    /// Whether it lets HTTPS through with an address of the VPC that has these groups.
    pub fn lets_private(&self, address: Ipv4Addr, groups: &[String]) -> bool {
        self.is_https()
            && match &self.peer {
                Peer::Block(block) => block.contains(&address),
                Peer::Group(group) => groups.contains(group),
                Peer::PrefixList | Peer::Elsewhere => false,
            }
    }

    fn is_https(&self) -> bool {
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" | "6" => (self.from..=self.to).contains(&HTTPS),
            _ => false,
        }
    }
}
