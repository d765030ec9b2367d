//! Errors that several operations return.

use nightproof_core::service::AwsError;

/// Most errors of Lambda have a member that says whose fault it is.
fn of_user(code: &str, status: u16, message: impl Into<String>) -> AwsError {
    AwsError::new(code, status, message).with("Type", "User")
}

pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    of_user("InvalidParameterValueException", 400, message)
}

/// Some of Lambda's errors do not say whose fault it is: limits of concurrency, and weights of aliases.
pub(crate) fn invalid_without_type(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValueException", 400, message)
}

pub(crate) fn not_found(message: impl Into<String>) -> AwsError {
    of_user("ResourceNotFoundException", 404, message)
}

/// What operations answer that do not say what they looked for.
pub(crate) fn no_such_resource() -> AwsError {
    not_found("The resource you requested does not exist.")
}

pub(crate) fn conflict(message: impl Into<String>) -> AwsError {
    of_user("ResourceConflictException", 409, message)
}

/// A change that was meant for another revision; `operation` tells the present one.
pub(crate) fn revision_mismatch(operation: &str) -> AwsError {
    let message = format!(
        "The Revision Id provided does not match the latest Revision Id. Call the {operation} API to retrieve the latest Revision Id"
    );
    of_user("PreconditionFailedException", 412, message)
}

pub(crate) fn request_content(message: impl Into<String>) -> AwsError {
    of_user("InvalidRequestContentException", 400, message)
}

/// A failure of the service itself.
pub(crate) fn failure(message: impl Into<String>) -> AwsError {
    AwsError::new("ServiceException", 500, message).with("Type", "Service")
}

/// A value that breaks a constraint which the service model does not have, in the words of those that it has.
pub(crate) fn constraint(value: &str, member: &str, must: &str) -> AwsError {
    AwsError::validation(format!("1 validation error detected: {}", violation(value, member, must)))
}

/// One violated constraint.
pub(crate) fn violation(value: &str, member: &str, must: &str) -> String {
    format!("Value '{value}' at '{member}' failed to satisfy constraint: {must}")
}

/// Refuses a value that is none of `known`.
pub(crate) fn require_one_of(value: Option<&str>, member: &str, known: &[&str]) -> Result<(), AwsError> {
    match value {
        Some(value) if !known.contains(&value) => {
            Err(constraint(value, member, &format!("Member must satisfy enum value set: [{}]", known.join(", "))))
        }
        _ => Ok(()),
    }
}
