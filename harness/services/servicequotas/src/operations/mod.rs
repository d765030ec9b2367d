//! The operations, by what they are about.

pub(crate) mod quotas;
pub(crate) mod services;
