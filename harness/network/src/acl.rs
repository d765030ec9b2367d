//! Network ACLs. <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

/// The way of traffic, as a subnet sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Into the subnet.
    In,
    /// Out of it.
    Out,
}

/// The network ACL of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// Its id.
    pub id: String,
    /// Its rules, in any order. What none of them is for is denied.
    pub rules: Vec<AclRule>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclRule {
    /// The lowest number of those that are for some traffic decides.
    pub number: i64,
    /// The traffic that it is for.
    pub way: Way,
    /// Whether it allows.
    pub allows: bool,
    /// `-1` for all, else a number: `6` is TCP.
    pub protocol: String,
    /// The addresses of the other end.
    pub block: Ipv4Net,
    /// The ports of where the traffic goes to; `None` for all.
    pub ports: Option<RangeInclusive<i64>>,
}

impl Acl {
    /// Whether TCP traffic with an address passes to every one of these ports.
    pub fn lets(&self, way: Way, address: Ipv4Addr, ports: &RangeInclusive<i64>) -> bool {
        let mut rules: Vec<&AclRule> =
            self.rules.iter().filter(|rule| rule.way == way && rule.is_tcp() && rule.block.contains(&address)).collect();
        rules.sort_by_key(|rule| rule.number);
        // Between two of these nothing changes.
        let edges = rules.iter().filter_map(|rule| rule.ports.as_ref()).flat_map(|ports| [*ports.start(), ports.end() + 1]);
        let mut probes = edges.filter(|port| ports.contains(port)).chain([*ports.start()]);
        probes.all(|port| {
            let deciding = rules.iter().find(|rule| rule.ports.as_ref().is_none_or(|ports| ports.contains(&port)));
            deciding.is_some_and(|rule| rule.allows)
        })
    }
}

impl AclRule {
    fn is_tcp(&self) -> bool {
        ["-1", "6"].contains(&self.protocol.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(number: i64, allows: bool, block: &str, ports: Option<RangeInclusive<i64>>) -> AclRule {
        AclRule { number, way: Way::In, allows, protocol: "6".to_owned(), block: block.parse().unwrap(), ports }
    }

    fn lets(rules: &[AclRule], ports: RangeInclusive<i64>) -> bool {
        Acl { id: "acl-1".to_owned(), rules: rules.to_vec() }.lets(Way::In, Ipv4Addr::new(52, 46, 128, 1), &ports)
    }

    #[test]
    fn the_lowest_number_decides_for_each_port() {
        let all = "0.0.0.0/0";
        assert!(lets(&[rule(100, true, all, None)], 1024..=65535));
        assert!(!lets(&[], 443..=443), "what no rule is for is denied");
        assert!(!lets(&[rule(100, true, all, None), rule(90, false, all, Some(50000..=50000))], 32768..=60999));
        assert!(lets(&[rule(90, true, all, None), rule(100, false, all, Some(50000..=50000))], 32768..=60999));
        assert!(!lets(&[rule(100, true, all, Some(32768..=50000))], 32768..=60999), "a part is not all");
        assert!(lets(&[rule(100, true, all, Some(32768..=50000)), rule(110, true, all, Some(50001..=65535))], 32768..=60999));
    }

    #[test]
    fn a_rule_is_for_its_way_its_protocol_and_its_addresses() {
        let open = rule(100, true, "0.0.0.0/0", None);
        assert!(!lets(&[AclRule { way: Way::Out, ..open.clone() }], 443..=443));
        assert!(!lets(&[AclRule { protocol: "17".to_owned(), ..open.clone() }], 443..=443));
        assert!(lets(&[AclRule { protocol: "-1".to_owned(), ..open }], 443..=443));
        assert!(!lets(&[rule(100, true, "10.0.0.0/8", None)], 443..=443));
    }
}
