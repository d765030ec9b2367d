//! The operations, by what they are about.

pub(crate) mod aliases;
pub(crate) mod cryptography;
pub(crate) mod keys;
