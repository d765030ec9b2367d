//! The service `ssm`.
