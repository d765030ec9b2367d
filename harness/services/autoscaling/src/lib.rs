//! The service `autoscaling`: groups that launch instances by EC2 and replace those that are gone, launch configurations, lifecycle hooks, scheduled
//! actions.
//!
//! Each group has a task, which looks at the group and at EC2's instances whenever one of them changes or a time comes, and does what is to be
//! done next as the service-linked role of the group. What that is is decided by pure functions of the group (`step`).
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/what-is-amazon-ec2-auto-scaling.html>

mod activity;
mod authorization;
mod autoscaling;
mod capacity;
mod controller;
mod due_actions;
mod error;
mod group;
mod hook;
mod instance;
mod launch;
mod launch_configuration;
mod launch_source;
mod lifecycle;
mod notification;
mod operations;
mod refresh;
mod refresh_step;
mod resources;
mod role;
mod scheduled_action;
mod service;
mod size;
mod step;
mod tag;
#[cfg(test)]
mod tests;

pub use autoscaling::AutoScaling;
pub use resources::resource_types;

use std::sync::Arc;

/// A service without groups.
pub fn service() -> Arc<AutoScaling> {
    AutoScaling::new()
}
