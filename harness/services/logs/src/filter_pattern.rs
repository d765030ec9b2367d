//! The terms of a filter pattern for unstructured log events.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use nightproof_core::service::AwsError;

use crate::error::invalid;

/// A parsed pattern. The empty one matches everything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FilterPattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl FilterPattern {
    /// JSON, space-delimited and regular-expression patterns are refused by name.
    pub(super) fn parse(pattern: &str) -> Result<Self, AwsError> {
        let refuse = |what: &str| Err(AwsError::not_implemented("logs", &format!("{what} as a filterPattern")));
        let pattern = pattern.trim();
        if pattern.starts_with('{') {
            return refuse("a JSON pattern");
        }
        if pattern.starts_with('[') {
            return refuse("a space-delimited pattern");
        }
        let mut parsed = Self::default();
        let mut rest = pattern;
        while !rest.is_empty() {
            let (list, body) = match rest.chars().next() {
                Some('?') => (&mut parsed.any, rest.get(1..).unwrap_or_default()),
                Some('-') => (&mut parsed.none, rest.get(1..).unwrap_or_default()),
                Some('%') => return refuse("a regular expression"),
                _ => (&mut parsed.all, rest),
            };
            let (term, after) = match body.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(|| invalid("Invalid filter pattern: unbalanced quotes"))?,
                None => body.split_once(char::is_whitespace).unwrap_or((body, "")),
            };
            // Anything but letters, digits and underscores has to be quoted.
            let plain = |letter: char| letter.is_alphanumeric() || letter == '_';
            if term.is_empty() || (!body.starts_with('"') && !term.chars().all(plain)) {
                return Err(invalid(format!("Invalid character(s) in term '{term}'")));
            }
            list.push(term.to_owned());
            rest = after.trim_start();
        }
        Ok(parsed)
    }

    /// Whether an event's message satisfies the pattern, by case. Optional terms are ignored beside others.
    pub(super) fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
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
        ] {
            let parsed = FilterPattern::parse(pattern).expect("valid");
            assert_eq!(parsed.matches(message), expected, "{pattern} on {message}");
        }
    }

    #[test]
    fn patterns_that_are_not_understood_are_refused_by_name() {
        for (pattern, what) in [("{ $.a = 1 }", "JSON"), ("[a, b]", "space-delimited"), ("%a.b%", "regular expression")] {
            let error = FilterPattern::parse(pattern).expect_err("refused");
            assert!(error.message.contains(what), "{error}");
        }
        assert_eq!(FilterPattern::parse("\"open").expect_err("refused").code, "InvalidParameterException");
        assert_eq!(FilterPattern::parse("a=b").expect_err("refused").code, "InvalidParameterException");
    }
}
