//! The operations, by what they are about.

pub(crate) mod aliases;
pub(crate) mod cryptographic;
pub(crate) mod cryptography;
pub(crate) mod data_key_pairs;
pub(crate) mod grants;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod replicas;
pub(crate) mod rotations;
pub(crate) mod signatures;
