//! Blocks of addresses in patterns: `10.0.0.0/24`, `2001:db8::/32`.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-ip-matching>

use std::net::IpAddr;

use nightproof_core::service::AwsError;

use super::invalid;

#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        let Some((address, length)) = text.split_once('/').filter(|(_, length)| !length.contains('/')) else {
            return Err(invalid("Malformed CIDR, one '/' required"));
        };
        let length = length.parse().map_err(|_| invalid("Malformed CIDR, mask bits must be an integer"))?;
        let address: IpAddr = address.parse().map_err(|_| invalid(format_args!("Malformed CIDR: {text}")))?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if length > longest {
            return Err(invalid(format_args!("Malformed CIDR, mask bits must be at most {longest}")));
        }
        Ok(Self { address, length })
    }

    pub(super) fn has(self, text: &str) -> bool {
        match (self.address, text.parse()) {
            (IpAddr::V4(network), Ok(IpAddr::V4(address))) => {
                let differing = u32::from(network) ^ u32::from(address);
                differing.checked_shr(32 - self.length).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), Ok(IpAddr::V6(address))) => {
                let differing = u128::from(network) ^ u128::from(address);
                differing.checked_shr(128 - self.length).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}
