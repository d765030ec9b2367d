//! Errors that several operations return.

use nightproof_core::service::AwsError;
use nightproof_template::TemplateError;

pub(crate) fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", 400, message)
}

/// Everything that is wrong with a template, as AWS says it: without its place.
pub(crate) fn invalid(errors: &[TemplateError]) -> AwsError {
    let lines: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    validation(lines.join("; "))
}
