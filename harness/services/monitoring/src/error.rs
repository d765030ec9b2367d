//! Errors that several operations return.

use nightproof_core::service::AwsError;

pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", 400, message)
}

/// Parameters that do not go together.
pub(crate) fn combination(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterCombination", 400, message)
}

pub(crate) fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", 400, message)
}

pub(crate) fn not_implemented(what: impl AsRef<str>) -> AwsError {
    AwsError::not_implemented("monitoring", what.as_ref())
}

/// A value that is none of those that the model has for the member at `path`.
pub(crate) fn no_enum_value(value: &str, path: &str, known: &[&str]) -> AwsError {
    validation(format!(
        "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy enum value \
         set: [{}]",
        known.join(", ")
    ))
}

/// Refuses a value that is none of those that the model has.
pub(crate) fn check_enum(value: Option<&str>, path: &str, known: &[&str]) -> Result<(), AwsError> {
    value.filter(|value| !known.contains(value)).map_or(Ok(()), |value| Err(no_enum_value(value, path, known)))
}
