//! EC2's rules for blocks of IPv4 addresses.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;
use nightproof_core::service::AwsError;

use crate::error::invalid_parameter;

/// Lengths of prefix that VPCs and subnets may have.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
pub(crate) const PREFIX_LENGTHS: RangeInclusive<u8> = 16..=28;

/// How many addresses of a subnet AWS assigns to nobody: the first four and the last.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
pub(crate) const RESERVED: u64 = 5;

/// Reads `10.0.0.0/16`. Host bits are dropped: `100.68.0.18/18` is `100.68.0.0/18`.
pub(crate) fn parse(text: &str) -> Option<Ipv4Net> {
    let block: Ipv4Net = text.parse().ok()?;
    // Numbers with leading zeros are refused: some programs read them as octal.
    (block.to_string() == text).then(|| block.trunc())
}

/// The block that a request gives as `parameter`.
pub(crate) fn given(parameter: &str, text: &str) -> Result<Ipv4Net, AwsError> {
    parse(text).ok_or_else(|| {
        invalid_parameter(format!("Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."))
    })
}

/// How many addresses a block has.
pub(crate) fn size(block: Ipv4Net) -> u64 {
    1 << (block.max_prefix_len() - block.prefix_len())
}

/// The addresses of a subnet that interfaces may have, ascending.
pub(crate) fn assignable(subnet: Ipv4Net) -> impl Iterator<Item = Ipv4Addr> {
    // Without the first and the last.
    subnet.hosts().skip(3)
}

/// Whether AWS assigns an address of a subnet to nobody.
pub(crate) fn is_reserved(subnet: Ipv4Net, address: Ipv4Addr) -> bool {
    address == subnet.network() || address == subnet.broadcast() || subnet.hosts().take(3).any(|reserved| reserved == address)
}

/// Whether two blocks have an address in common.
pub(crate) fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_canonical_and_nest() {
        let block = parse("100.68.0.18/18").unwrap();
        assert_eq!(block.to_string(), "100.68.0.0/18");
        assert!(block.contains(&parse("100.68.63.0/24").unwrap()));
        assert!(!block.contains(&parse("100.68.64.0/24").unwrap()));
        assert!(overlap(parse("100.68.0.0/24").unwrap(), block));
        assert!(parse("0.0.0.0/0").unwrap().contains(&block));
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/0", "10.0.0.0/-1", "010.0.0.0/8"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn five_addresses_of_a_subnet_are_reserved() {
        let subnet = parse("10.0.0.16/28").unwrap();
        let assignable: Vec<Ipv4Addr> = assignable(subnet).collect();
        assert_eq!(assignable.first(), Some(&Ipv4Addr::new(10, 0, 0, 20)));
        assert_eq!(assignable.last(), Some(&Ipv4Addr::new(10, 0, 0, 30)));
        assert_eq!(assignable.len() as u64, size(subnet) - RESERVED);
        assert!(
            (16..=31).map(|last| Ipv4Addr::new(10, 0, 0, last)).all(|it| is_reserved(subnet, it) != assignable.contains(&it))
        );
    }
}
