//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterValue", 400, message)
}
