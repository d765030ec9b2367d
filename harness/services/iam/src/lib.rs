//! The service `iam`: roles, users with access keys, groups, managed and inline policies, instance profiles, and OpenID Connect
//! providers. Global, by account.
//!
//! Policies are stored and returned as they were given. The authorization layer decides by them; it reads them through
//! [`Identities`](nightproof_core::identity::Identities).

mod arn;
mod authorization;
mod aws_managed;
mod document;
mod error;
mod identities;
mod identity;
mod names;
mod operations;
mod page;
mod records;
mod resources;
mod service;
mod service_linked_roles;
mod tags;
#[cfg(test)]
mod tests;

pub use aws_managed::document as aws_managed_policy;
pub use records::Iam;
pub use resources::resource_types;
