//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn no_schedule(name: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", 404, format!("Schedule {name} does not exist."))
}

pub(crate) fn no_group(name: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", 404, format!("Schedule group {name} does not exist."))
}

pub(crate) fn already_exists(what: &str) -> AwsError {
    AwsError::new("ConflictException", 409, format!("{what} already exists."))
}
