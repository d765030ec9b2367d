//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod address;
mod instance;
mod internet_gateway;
mod launch_template;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod route;
mod route_table;
mod security_group;
mod security_group_rule;
mod subnet;
mod tags;
mod vpc;
mod vpc_endpoint;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &vpc::Vpc,
        &subnet::Subnet,
        &internet_gateway::InternetGateway,
        &internet_gateway::VpcGatewayAttachment,
        &nat_gateway::NatGateway,
        &network_acl::NetworkAcl,
        &network_acl::NetworkAclEntry,
        &network_acl::SubnetNetworkAclAssociation,
        &vpc_endpoint::VpcEndpoint,
        &route_table::RouteTable,
        &route_table::SubnetRouteTableAssociation,
        &route::Route,
        &security_group::SecurityGroup,
        &security_group_rule::INGRESS,
        &security_group_rule::EGRESS,
        &address::Eip,
        &address::EipAssociation,
        &instance::Instance,
        &network_interface::NetworkInterface,
        &launch_template::LaunchTemplate,
    ]
}
