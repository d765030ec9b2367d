//! Single rules of security groups.

use ipnet::{Ipv4Net, Ipv6Net};

/// The way of traffic that a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) direction: Direction,
    pub(crate) protocol: String,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) source: Source,
    pub(crate) description: Option<String>,
}

/// The other end of the traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Ipv4(Ipv4Net),
    Ipv6(Ipv6Net),
    Group(String),
}

impl Rule {
    pub(crate) fn all(group: &str, direction: Direction, source: Source) -> Self {
        Self {
            id: String::new(),
            group: group.to_owned(),
            direction,
            protocol: "-1".to_owned(),
            from: -1,
            to: -1,
            source,
            description: None,
        }
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.group == other.group
            && self.direction == other.direction
            && self.protocol == other.protocol
            && self.from == other.from
            && self.to == other.to
            && self.source == other.source
    }

    /// How AWS spells a rule in messages.
    pub(crate) fn spelled(&self) -> String {
        let peer = match &self.source {
            Source::Ipv4(block) => block.to_string(),
            Source::Ipv6(block) => block.to_string(),
            Source::Group(id) => id.clone(),
        };
        let protocol = if self.protocol == "-1" { "ALL".to_owned() } else { self.protocol.to_uppercase() };
        let ports = match self.protocol.as_str() {
            "tcp" | "udp" => format!("from port: {}, to port: {}, ", self.from, self.to),
            _ => String::new(),
        };
        format!("peer: {peer}, {protocol}, {ports}ALLOW")
    }
}
