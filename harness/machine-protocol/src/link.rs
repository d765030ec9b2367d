//! What an instance reaches of AWS by its VPC: the region sends it, a byte each time that it changes.

const NAMES: u8 = 1;
const ENDPOINTS: u8 = 2;

/// What an instance reaches of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The VPC's DNS server.
    pub names: bool,
    /// Every service's endpoint.
    pub endpoints: bool,
}

impl Link {
    /// All of it.
    pub const OPEN: Self = Self { names: true, endpoints: true };

    /// As it is sent.
    pub fn to_byte(self) -> u8 {
        let bit = |is_there: bool, bit: u8| if is_there { bit } else { 0 };
        bit(self.names, NAMES) | bit(self.endpoints, ENDPOINTS)
    }

    /// What was sent.
    pub fn from_byte(byte: u8) -> Self {
        Self { names: byte & NAMES != 0, endpoints: byte & ENDPOINTS != 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_read_back() {
        for link in [Link::OPEN, Link { names: false, ..Link::OPEN }, Link { endpoints: false, ..Link::OPEN }] {
            assert_eq!(Link::from_byte(link.to_byte()), link);
        }
    }
}
