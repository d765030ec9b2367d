//! The service `sts`: who calls, and sessions of roles.

mod authorization;
mod error;
mod operations;
mod records;
mod role_arn;
mod service;
mod session;
mod session_tags;
#[cfg(test)]
mod tests;

pub use records::Sts;
