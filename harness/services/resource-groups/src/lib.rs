//! The service `resource-groups`: groups of resources that have tags in common, or a stack. A group keeps a query and no members: they are
//! found anew whenever somebody asks.
//! <https://docs.aws.amazon.com/ARG/latest/userguide/resource-groups.html>

mod error;
mod group;
mod members;
mod operations;
mod page;
mod query;
mod records;
mod resource_type;
mod resources;
mod service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::ResourceGroups;
pub use resources::resource_types;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    ResourceGroups::new()
}
