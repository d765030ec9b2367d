//! What a text is compared with.

use nightproof_core::service::AwsError;
use regex::Regex;

use crate::error::invalid;

/// A text, in which `*` stands for any number of characters where a whole value is compared, or a regular expression.
#[derive(Debug, Clone)]
pub(super) enum Text {
    Plain(String),
    Regex(Regex),
}

impl Text {
    pub(super) fn regex(expression: &str) -> Result<Self, AwsError> {
        Regex::new(expression).map(Self::Regex).map_err(|_| invalid("Invalid filter pattern: invalid regular expression"))
    }

    /// Whether it is anywhere in a message.
    pub(super) fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Plain(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(message),
        }
    }

    /// Whether a value is as it says, from begin to end.
    pub(super) fn is(&self, value: &str) -> bool {
        match self {
            Self::Plain(text) => like(text, value),
            Self::Regex(regex) => regex.is_match(value),
        }
    }
}

fn like(pattern: &str, value: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == value };
    let Some(mut value) = value.strip_prefix(first) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((last, middle)) = parts.split_last() else { return true };
    for part in middle {
        let Some((_, after)) = value.split_once(part) else { return false };
        value = after;
    }
    value.ends_with(last)
}
