//! Network ACLs.

use ipnet::Ipv4Net;

use crate::resource_id::resource_id;

#[derive(Debug, Clone)]
pub(crate) struct NetworkAcl {
    pub(crate) id: String,
    pub(crate) vpc: String,
    /// Whether it is the one that subnets of its VPC have at first.
    pub(crate) default: bool,
    pub(crate) entries: Vec<AclEntry>,
    pub(crate) associations: Vec<AclAssociation>,
    /// Of the request that made it, which may be repeated.
    pub(crate) client_token: Option<String>,
}

/// A rule of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AclEntry {
    pub(crate) number: i64,
    pub(crate) egress: bool,
    pub(crate) allows: bool,
    /// `-1`, or a number.
    pub(crate) protocol: String,
    pub(crate) cidr: Ipv4Net,
    pub(crate) ports: Option<(i64, i64)>,
    /// Type and code of ICMP.
    pub(crate) icmp: Option<(i64, i64)>,
}

/// A subnet's network ACL. Each subnet has one.
#[derive(Debug, Clone)]
pub(crate) struct AclAssociation {
    pub(crate) id: String,
    pub(crate) subnet: String,
}

impl NetworkAcl {
    /// One that denies everything, or a VPC's `default` one, which allows everything.
    pub(crate) fn new(vpc: &str, default: bool) -> Self {
        let all = |egress| AclEntry {
            number: 100,
            egress,
            allows: true,
            protocol: "-1".to_owned(),
            cidr: Ipv4Net::default(),
            ports: None,
            icmp: None,
        };
        let entries = if default { vec![all(true), all(false)] } else { Vec::new() };
        let (id, associations) = (resource_id("acl"), Vec::new());
        Self { id, vpc: vpc.to_owned(), default, entries, associations, client_token: None }
    }

    pub(crate) fn associate(&mut self, subnet: &str) -> String {
        let id = resource_id("aclassoc");
        self.associations.push(AclAssociation { id: id.clone(), subnet: subnet.to_owned() });
        id
    }
}
