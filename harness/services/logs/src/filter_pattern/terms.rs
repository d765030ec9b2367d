//! The terms of a filter pattern for unstructured log events.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>

use nightproof_core::service::AwsError;

use super::text::Text;
use crate::error::invalid;

/// Terms that an event has, of which it has one, and that it has not. Without any, everything matches.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    all: Vec<Text>,
    any: Vec<Text>,
    none: Vec<Text>,
}

impl Terms {
    pub(super) fn parse(pattern: &str) -> Result<Self, AwsError> {
        let mut parsed = Self::default();
        let mut rest = pattern;
        while !rest.is_empty() {
            let (list, body) = match rest.chars().next() {
                Some('?') => (&mut parsed.any, rest.get(1..).unwrap_or_default()),
                Some('-') => (&mut parsed.none, rest.get(1..).unwrap_or_default()),
                _ => (&mut parsed.all, rest),
            };
            if let Some(expression) = body.strip_prefix('%') {
                let unbalanced = || invalid("Invalid filter pattern: unbalanced percent signs");
                let (expression, after) = expression.split_once('%').ok_or_else(unbalanced)?;
                list.push(Text::regex(expression)?);
                rest = after.trim_start();
                continue;
            }
            let (term, after) = match body.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(|| invalid("Invalid filter pattern: unbalanced quotes"))?,
                None => body.split_once(char::is_whitespace).unwrap_or((body, "")),
            };
            // Anything but letters, digits and underscores has to be quoted.
            let plain = |letter: char| letter.is_alphanumeric() || letter == '_';
            if term.is_empty() || (!body.starts_with('"') && !term.chars().all(plain)) {
                return Err(invalid(format!("Invalid character(s) in term '{term}'")));
            }
            list.push(Text::Plain(term.to_owned()));
            rest = after.trim_start();
        }
        Ok(parsed)
    }

    /// Whether an event's message satisfies the pattern, by case. Optional terms are ignored beside others.
    pub(super) fn matches(&self, message: &str) -> bool {
        let has = |term: &Text| term.is_in(message);
        let optional = self.any.is_empty() || !self.all.is_empty() || !self.none.is_empty() || self.any.iter().any(has);
        self.all.iter().all(has) && !self.none.iter().any(has) && optional
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_phrases_alternatives_and_exclusions_match_as_documented() {
        for (pattern, message, expected) in [
            ("", "anything", true),
            ("ERROR", "an ERROR here", true),
            ("ERROR", "an error here", false),
            ("ERROR disk", "disk ERROR", true),
            ("ERROR disk", "ERROR", false),
            ("\"disk full\"", "the disk full", true),
            ("\"disk full\"", "full disk", false),
            ("?ERROR ?WARN", "WARN", true),
            ("?ERROR ?WARN", "INFO", false),
            ("ERROR -ignored", "ERROR ignored", false),
            ("%ERR[0-9]+%", "an ERR42", true),
            ("%ERR[0-9]+%", "an ERR", false),
            ("FATAL -%a.b%", "FATAL axb", false),
        ] {
            let parsed = Terms::parse(pattern).expect("valid");
            assert_eq!(parsed.matches(message), expected, "{pattern} on {message}");
        }
    }

    #[test]
    fn terms_that_are_not_quoted_as_they_have_to_be_are_refused() {
        for pattern in ["\"open", "a=b", "%open", "%[%"] {
            assert_eq!(Terms::parse(pattern).expect_err("refused").code, "InvalidParameterException", "{pattern}");
        }
    }
}
