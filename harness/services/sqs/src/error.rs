//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn no_queue() -> AwsError {
    AwsError::new("QueueDoesNotExist", 400, "The specified queue does not exist.")
}

pub(crate) fn bad_value(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", 400, message)
}
