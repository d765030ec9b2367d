//! Errors that several operations return.

use nightproof_core::service::AwsError;

/// `reason` is the name of a parameter and why its value is refused.
pub(crate) fn invalid(reason: &str) -> AwsError {
    AwsError::new("InvalidParameterException", 400, format!("Invalid parameter: {reason}"))
}

pub(crate) fn no_topic() -> AwsError {
    AwsError::new("NotFoundException", 404, "Topic does not exist")
}
