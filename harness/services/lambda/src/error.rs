//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterValueException", 400, message)
}

pub(crate) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFoundException", 404, message)
}

pub(crate) fn revision_mismatch() -> AwsError {
    let message = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
    AwsError::new("PreconditionFailedException", 412, message)
}
