//! The operations, by what they are about.

pub(crate) mod data_protection;
pub(crate) mod permissions;
pub(crate) mod platform_applications;
pub(crate) mod platform_endpoints;
pub(crate) mod publish;
pub(crate) mod subscription_attributes;
pub(crate) mod subscriptions;
pub(crate) mod tags;
pub(crate) mod text_messages;
pub(crate) mod topics;
