//! The operations, by what they are about.

pub(crate) mod access_key;
pub(crate) mod account;
pub(crate) mod group;
pub(crate) mod inline_policy;
pub(crate) mod instance_profile;
pub(crate) mod login_profile;
pub(crate) mod managed_policy;
pub(crate) mod oidc_provider;
pub(crate) mod permissions_boundary;
pub(crate) mod role;
pub(crate) mod service_linked_role;
pub(crate) mod simulate;
pub(crate) mod tags;
pub(crate) mod user;
