//! Errors that several operations return.

use nightproof_core::service::AwsError;

/// `BadRequestException`
pub(crate) fn bad_request(message: impl Into<String>) -> AwsError {
    AwsError::new("BadRequestException", 400, message)
}

/// There is no group of this name or ARN.
pub(crate) fn no_group(group: &str) -> AwsError {
    AwsError::new("NotFoundException", 404, format!("Cannot find group: {group}"))
}
