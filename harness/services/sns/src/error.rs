//! Errors that several operations return.

use nightproof_core::service::AwsError;

/// `reason` is the name of a parameter and why its value is refused.
pub(crate) fn invalid(reason: &str) -> AwsError {
    AwsError::new("InvalidParameterException", 400, format!("Invalid parameter: {reason}"))
}

pub(crate) fn no_topic() -> AwsError {
    AwsError::new("NotFoundException", 404, "Topic does not exist")
}

/// Where there is no attribute at all, the map counts as absent.
pub(crate) fn no_attributes() -> AwsError {
    let message = "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null";
    AwsError::new("ValidationError", 400, message)
}
