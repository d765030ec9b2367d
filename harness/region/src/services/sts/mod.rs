//! The service `sts`.
