//! The default VPC, which every account begins with.

use crate::records::{InternetGateway, Records, Subnet};
use crate::resource_id::resource_id;
use crate::{availability_zone, cidr, vpc};

/// Adds a default VPC with a subnet in each zone to the records of a new account.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html>
pub(crate) fn add(records: &mut Records) {
    let Some(cidr) = cidr::parse("172.31.0.0/16") else { return };
    let vpc = vpc::add(records, cidr, true, "default");
    for (index, zone) in availability_zone::zones(&records.region).into_iter().enumerate() {
        if let Some(cidr) = cidr::parse(&format!("172.31.{}.0/20", index * 16)) {
            let id = resource_id("subnet");
            let subnet = Subnet {
                id: id.clone(),
                vpc: vpc.clone(),
                cidr,
                zone: zone.name,
                zone_id: zone.id,
                default: true,
                map_public_ip: true,
            };
            records.subnets.insert(id.clone(), subnet);
            records.associate_default_acl(&vpc, &id);
        }
    }
    let gateway = resource_id("igw");
    records.gateways.insert(gateway.clone(), InternetGateway { id: gateway.clone(), vpc: Some(vpc.clone()) });
    if let (Some(all), Some(table)) = (cidr::parse("0.0.0.0/0"), records.tables.values_mut().find(|table| table.vpc == vpc)) {
        table.add_gateway_route(all, &gateway);
    }
}
