//! Errors that several operations return.

use nightproof_core::service::AwsError;

/// `ValidationException`
pub(crate) fn validation(message: impl Into<String>) -> AwsError {
    AwsError::validation(message)
}

/// `ValidationException` of parameters that do not go together.
pub(crate) fn invalid_parameters(what: impl AsRef<str>) -> AwsError {
    validation(format!("One or more parameter values were invalid: {}", what.as_ref()))
}

/// There is no table of this name, or none that can be read and written yet: as operations on items say it.
pub(crate) fn no_resource() -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, "Requested resource not found")
}

/// There is no table of this name: as operations on tables say it.
pub(crate) fn no_table(name: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, format!("Requested resource not found: Table: {name} not found"))
}

/// The key of a request is not of the table's form.
pub(crate) fn key_mismatch() -> AwsError {
    validation("The provided key element does not match the schema")
}
