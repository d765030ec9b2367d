//! The operations, by what they are about.

pub(crate) mod random_password;
pub(crate) mod resource_policy;
pub(crate) mod secret_query;
pub(crate) mod secrets;
pub(crate) mod tags;
pub(crate) mod values;
pub(crate) mod versions;
