//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn no_rule(name: &str, bus: &str) -> AwsError {
    not_found(format!("Rule {name} does not exist on EventBus {bus}."))
}

pub(crate) fn no_bus(name: &str) -> AwsError {
    not_found(format!("Event bus {name} does not exist."))
}

pub(crate) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, message)
}

pub(crate) fn already_exists(what: &str) -> AwsError {
    AwsError::new("ResourceAlreadyExistsException", 400, format!("{what} already exists."))
}

/// A quota is exhausted.
pub(crate) fn limit_exceeded() -> AwsError {
    AwsError::new("LimitExceededException", 400, "The requested resource exceeds the maximum number allowed.")
}
