//! Errors that several operations return.

use nightproof_core::service::AwsError;

/// `InvalidArgumentException`
pub(crate) fn invalid_argument(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidArgumentException", 400, message)
}

/// `ResourceNotFoundException`
pub(crate) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, message)
}

/// `ResourceInUseException`
pub(crate) fn in_use(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceInUseException", 400, message)
}

/// `LimitExceededException`
pub(crate) fn limit_exceeded(message: impl Into<String>) -> AwsError {
    AwsError::new("LimitExceededException", 400, message)
}
