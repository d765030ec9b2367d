//! The service `kms`.
