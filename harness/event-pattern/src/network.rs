//! Blocks of addresses in patterns: `10.0.0.0/24`, `2001:db8::/32`.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-ip-matching>

use std::net::IpAddr;

use ipnet::IpNet;

use crate::refusal::{Refusal, invalid};

/// Reads a block; its parts are read one by one, for each has an error of its own.
pub(super) fn parse(text: &str) -> Result<IpNet, Refusal> {
    let Some((address, length)) = text.split_once('/').filter(|(_, length)| !length.contains('/')) else {
        return Err(invalid("Malformed CIDR, one '/' required").untold());
    };
    let length: u32 = length.parse().map_err(|_| invalid("Malformed CIDR, mask bits must be an integer").untold())?;
    let address: IpAddr = address.parse().map_err(|_| invalid(format_args!("Nonstandard IP address: {address}")).untold())?;
    let longest = IpNet::from(address).max_prefix_len();
    let block = u8::try_from(length).ok().and_then(|length| IpNet::new(address, length).ok());
    block.ok_or_else(|| invalid(format_args!("Malformed CIDR, mask bits must be at most {longest}")).untold())
}

/// Whether `text` is an address of the block.
pub(super) fn contains(block: IpNet, text: &str) -> bool {
    text.parse::<IpAddr>().is_ok_and(|address| block.contains(&address))
}
