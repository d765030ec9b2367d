//! Ranges of IP addresses.

use std::net::IpAddr;

use ipnet::IpNet;

/// A range in CIDR form; a lone address is a range of one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress>
pub(crate) fn parse(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
