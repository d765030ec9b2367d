//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", 400, message)
}

pub(crate) fn no_group() -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, "The specified log group does not exist.")
}

pub(crate) fn no_stream() -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, "The specified log stream does not exist.")
}
