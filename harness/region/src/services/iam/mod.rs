//! The service `iam`.
