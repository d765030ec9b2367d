//! Route tables.

use ipnet::Ipv4Net;

use crate::resource_id::resource_id;

#[derive(Debug, Clone)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) routes: Vec<Route>,
    pub(crate) associations: Vec<Association>,
    /// Of the request that made it, which may be repeated.
    pub(crate) client_token: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) destination: Ipv4Net,
    /// `local`, an internet gateway, a NAT gateway, or the interface of an instance.
    pub(crate) gateway: String,
}

/// What a table is used by: a subnet, or as the main table every subnet that has none of its own.
#[derive(Debug, Clone)]
pub(crate) struct Association {
    pub(crate) id: String,
    pub(crate) subnet: Option<String>,
}

impl RouteTable {
    pub(crate) fn new(vpc: &str, cidr: Ipv4Net, main: bool) -> Self {
        let mut associations = Vec::new();
        if main {
            associations.push(Association { id: resource_id("rtbassoc"), subnet: None });
        }
        let local = Route { destination: cidr, gateway: "local".to_owned() };
        Self { id: resource_id("rtb"), vpc: vpc.to_owned(), routes: vec![local], associations, client_token: None }
    }

    pub(crate) fn is_main(&self) -> bool {
        self.associations.iter().any(|association| association.subnet.is_none())
    }

    /// Destination and gateway of each route; `local` stands for the VPC itself.
    pub(crate) fn routes(&self) -> impl Iterator<Item = (Ipv4Net, &str)> {
        self.routes.iter().map(|route| (route.destination, route.gateway.as_str()))
    }

    pub(crate) fn add_gateway_route(&mut self, destination: Ipv4Net, gateway: &str) {
        self.routes.push(Route { destination, gateway: gateway.to_owned() });
    }
}
