//! Why AWS refuses a policy document.

use thiserror::Error;

/// A policy document that AWS refuses. Its text is the message of `MalformedPolicyDocument`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct PolicyError {
    message: String,
}

impl PolicyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The message, as `Display` has it.
    pub fn message(&self) -> &str {
        &self.message
    }
}
