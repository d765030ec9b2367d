//! The operations, by what they are about.

pub(crate) mod permissions;
pub(crate) mod publish;
pub(crate) mod subscription_attributes;
pub(crate) mod subscriptions;
pub(crate) mod tags;
pub(crate) mod topics;
