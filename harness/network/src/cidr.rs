//! Blocks of IPv4 addresses.

use std::fmt;
use std::net::Ipv4Addr;

/// A block in canonical form: no host bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    network: u32,
    length: u8,
}

impl Cidr {
    /// `10.0.0.0/16`. Host bits are dropped, as EC2 does: `100.68.0.18/18` is `100.68.0.0/18`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let length: u8 = length.parse().ok().filter(|length| *length <= 32)?;
        Some(Self { network: u32::from(address) & mask(length), length })
    }

    /// Bits of its prefix.
    pub fn length(self) -> u8 {
        self.length
    }

    /// How many addresses it has.
    pub fn addresses(self) -> u64 {
        1 << (32 - u32::from(self.length))
    }

    /// Whether an address is in it.
    pub fn has(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.length) == self.network
    }

    /// Whether all of another block is in it.
    pub fn contains(self, other: Self) -> bool {
        other.length >= self.length && other.network & mask(self.length) == self.network
    }

    /// Whether the two have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The address so many after the first of the block.
    pub fn nth(self, offset: u64) -> Option<Ipv4Addr> {
        if offset >= self.addresses() {
            return None;
        }
        u32::try_from(u64::from(self.network) + offset).ok().map(Ipv4Addr::from)
    }

    /// Addresses that AWS gives to nobody: the first four and the last.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
    pub fn reserved(self, address: Ipv4Addr) -> bool {
        let offset = u64::from(u32::from(address).wrapping_sub(self.network));
        offset < 4 || offset + 1 == self.addresses()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.network), self.length)
    }
}

fn mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_canonical_and_nest() {
        let block = Cidr::parse("100.68.0.18/18").unwrap();
        assert_eq!(block.to_string(), "100.68.0.0/18");
        assert!(block.contains(Cidr::parse("100.68.63.0/24").unwrap()));
        assert!(!block.contains(Cidr::parse("100.68.64.0/24").unwrap()));
        assert!(Cidr::parse("100.68.0.0/24").unwrap().overlaps(block));
        assert!(Cidr::parse("0.0.0.0/0").unwrap().contains(block));
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/0", "10.0.0.0/-1"] {
            assert_eq!(Cidr::parse(bad), None, "{bad}");
        }
    }
}
