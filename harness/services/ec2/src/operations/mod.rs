//! The operations, by what they are about.

pub(crate) mod addresses;
pub(crate) mod console_output;
pub(crate) mod images;
pub(crate) mod instance_attributes;
pub(crate) mod instance_profiles;
pub(crate) mod instance_states;
pub(crate) mod instance_types;
pub(crate) mod instances;
pub(crate) mod internet_gateways;
pub(crate) mod key_pairs;
pub(crate) mod launch_template_versions;
pub(crate) mod launch_templates;
pub(crate) mod nat_gateways;
pub(crate) mod network_acls;
pub(crate) mod network_interfaces;
pub(crate) mod regions;
pub(crate) mod route_tables;
pub(crate) mod run_instances;
pub(crate) mod security_group_rules;
pub(crate) mod security_groups;
pub(crate) mod subnets;
pub(crate) mod tags;
pub(crate) mod volumes;
pub(crate) mod vpc_endpoints;
pub(crate) mod vpcs;
