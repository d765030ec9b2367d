//! The records of an account.

mod account;
mod address;
mod instance;
mod interface_use;
mod internet_gateway;
mod launch_template;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod route_table;
mod security_group;
mod security_group_rule;
mod subnet;
mod volume;
mod vpc;
mod vpc_endpoint;

pub(crate) use account::Records;
pub(crate) use address::Address;
pub(crate) use instance::{Instance, Interface, Profile, State};
pub(crate) use internet_gateway::InternetGateway;
pub(crate) use launch_template::{LaunchTemplate, LaunchTemplateVersion};
pub(crate) use nat_gateway::NatGateway;
pub(crate) use network_acl::{AclEntry, NetworkAcl};
pub(crate) use network_interface::{FunctionAttachment, NetworkInterface};
pub(crate) use route_table::{Association, Route, RouteTable};
pub(crate) use security_group::SecurityGroup;
pub(crate) use security_group_rule::{Direction, Rule, Source};
pub(crate) use subnet::Subnet;
pub(crate) use volume::Volume;
pub(crate) use vpc::Vpc;
pub(crate) use vpc_endpoint::{EndpointInterface, EndpointKind, VpcEndpoint};
