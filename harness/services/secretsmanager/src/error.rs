//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn not_found() -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, "Secrets Manager can't find the specified secret.")
}

/// `by` is how the version was named: `VersionId: …`, `staging label: …`.
pub(crate) fn no_value(by: &str) -> AwsError {
    let message = format!("Secrets Manager can't find the specified secret value for {by}");
    AwsError::new("ResourceNotFoundException", 400, message)
}

pub(crate) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", 400, message)
}

pub(crate) fn invalid_request(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidRequestException", 400, message)
}

pub(crate) fn exists(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceExistsException", 400, message)
}

pub(crate) fn limit(message: impl Into<String>) -> AwsError {
    AwsError::new("LimitExceededException", 400, message)
}
