//! Errors that several operations return.

use nightproof_core::service::AwsError;
use nightproof_template::{Position, TemplateError};

pub(crate) fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", 400, message)
}

/// The first of what is wrong with a template, as AWS says it: without its place, unless the text itself is not well-formed.
pub(crate) fn invalid(errors: &[TemplateError]) -> AwsError {
    let Some(first) = errors.first() else { return validation("Template format error: unsupported structure.") };
    validation(match (first.message.split_once(MALFORMED), first.position) {
        (Some((head, _)), Some(Position { line, column })) => {
            // Its reader of JSON counts the character that it cannot read.
            let column = if head.ends_with("JSON") { column + 1 } else { column };
            format!("{head}{MALFORMED}. (line {line}, column {column})")
        }
        (Some((head, _)), None) => format!("{head}{MALFORMED}."),
        (None, _) => first.message.clone(),
    })
}

/// How CloudFormation begins the words for a text that cannot be read.
const MALFORMED: &str = " not well-formed";
