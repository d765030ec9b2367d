//! The making of VPCs, the default one included.

use ipnet::Ipv4Net;

use crate::records::{NetworkAcl, Records, RouteTable, Vpc};
use crate::resource_id::resource_id;
use crate::security_group;

/// Adds a VPC with its main route table, default network ACL and default security group. Returns its id.
pub(crate) fn add(records: &mut Records, cidr: Ipv4Net, default: bool, tenancy: &str) -> String {
    let id = resource_id("vpc");
    let vpc = Vpc {
        id: id.clone(),
        cidr,
        default,
        tenancy: tenancy.to_owned(),
        dns_support: true,
        dns_hostnames: default,
        association: resource_id("vpc-cidr-assoc"),
    };
    records.vpcs.insert(id.clone(), vpc);
    let table = RouteTable::new(&id, cidr, true);
    records.tables.insert(table.id.clone(), table);
    let acl = NetworkAcl::new(&id, true);
    records.network_acls.insert(acl.id.clone(), acl);
    security_group::add(records, &id, "default", "default VPC security group", true);
    id
}
