//! Which addresses of a subnet are free.

use std::net::Ipv4Addr;

use nightproof_core::service::AwsError;

use crate::cidr;
use crate::error::{error, invalid_parameter};
use crate::records::{NetworkInterface, Records, Subnet, VpcEndpoint};

/// The address asked for if it is free, else the lowest free one.
pub(crate) fn free(records: &Records, subnet: &Subnet, asked: Option<&str>) -> Result<Ipv4Addr, AwsError> {
    let taken = taken(records, &subnet.id);
    if let Some(asked) = asked {
        let address: Ipv4Addr = asked.parse().map_err(|_| {
            invalid_parameter(format!("Value ({asked}) for parameter privateIpAddress is invalid. Invalid IPv4 address."))
        })?;
        if !subnet.cidr.contains(&address) {
            return Err(invalid_parameter("Address does not fall within the subnet's address range"));
        }
        if cidr::is_reserved(subnet.cidr, address) {
            return Err(invalid_parameter("Address is in subnet's reserved address range"));
        }
        if taken.contains(&address) {
            return Err(error("InvalidIPAddress.InUse", format!("Address {asked} is in use.")));
        }
        return Ok(address);
    }
    cidr::assignable(subnet.cidr).find(|address| !taken.contains(address)).ok_or_else(|| {
        error(
            "InsufficientFreeAddressesInSubnet",
            format!(
                "There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.",
                subnet.id
            ),
        )
    })
}

/// Addresses of the subnet that interfaces hold.
pub(crate) fn taken(records: &Records, subnet: &str) -> Vec<Ipv4Addr> {
    let instances = records.instances.values().filter(|instance| instance.subnet == subnet && !instance.is_terminated());
    let gateways = records.nat_gateways.values().filter(|gateway| gateway.subnet == subnet && gateway.deleted.is_none());
    let interfaces = records.interfaces.values().filter(|one| one.subnet == subnet).flat_map(NetworkInterface::addresses);
    let endpoints = records.vpc_endpoints.values().flat_map(VpcEndpoint::interfaces).filter(|one| one.subnet == subnet);
    let addresses = instances.map(|instance| instance.private_ip).chain(gateways.map(|gateway| gateway.private_ip));
    let mut taken: Vec<Ipv4Addr> = addresses.chain(endpoints.map(|one| one.address)).chain(interfaces).collect();
    // An instance that was launched with an interface has the address of that.
    taken.sort_unstable();
    taken.dedup();
    taken
}
