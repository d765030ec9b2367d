//! The service `ec2`: the VPC family, addresses, images and instances. A running instance has a machine.

#[macro_use]
mod request;

mod authorization;
mod availability_zone;
mod block_device;
mod block_device_mapping;
mod boot;
mod cidr;
mod client_token;
mod connections;
mod default_vpc;
mod ec2;
mod endpoint_service;
mod error;
mod filter;
mod image;
mod imds;
mod instance_description;
mod instance_handle;
mod instance_timers;
mod instance_type;
mod ip_permission;
mod launch_data;
mod lifecycle;
mod mac_address;
mod metadata_options;
mod operations;
mod profile_specification;
mod reachable;
mod records;
mod request_tags;
mod resource_id;
mod resources;
mod sandbox;
mod security_group;
mod service;
mod subnet_address;
mod tag_specification;
#[cfg(test)]
mod tests;
mod uplink;
mod user_data;
mod vpc;

pub use boot::{BootError, Booter, Ended, Launch, NoMachines, Running};
pub use ec2::Ec2;
pub use instance_timers::InstanceTimers;
pub use nightproof_machine_protocol::timers::Timers;
pub use resources::resource_types;
pub use sandbox::Sandboxes;
