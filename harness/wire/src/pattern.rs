//! The model's patterns. They are written for Java, whose services match the whole value.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Compiled patterns larger than this are not enforced.
const LARGEST: usize = 1 << 20;

/// A pattern, compiled at its first use.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Pattern {
    text: String,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// As the model has it, for messages.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `value` matches. Patterns that this engine cannot express (they look around) match everything: the
    /// service checks those itself.
    pub(crate) fn matches(&self, value: &str) -> bool {
        self.compiled().is_none_or(|regex| regex.is_match(value))
    }

    fn compiled(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                RegexBuilder::new(&format!(r"\A(?:{})\z", ascii_classes(&self.text))).size_limit(LARGEST).build().ok()
            })
            .as_ref()
    }
}

/// Java's `\w`, `\d` and `\s` are ASCII only; in this engine they are not.
fn ascii_classes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('s') => out.push_str(r"[\t\n\x0B\f\r ]"),
            Some('S') => out.push_str(r"[^\t\n\x0B\f\r ]"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SERVICES, service};

    #[test]
    fn few_patterns_are_beyond_the_engine() {
        let mut all = 0;
        let mut beyond = Vec::new();
        for name in SERVICES {
            for pattern in service(name).unwrap().patterns() {
                all += 1;
                if pattern.compiled().is_none() {
                    beyond.push(format!("{name}: {}", pattern.text()));
                }
            }
        }
        assert!(beyond.len() * 10 < all, "{} of {all}:\n{}", beyond.len(), beyond.join("\n"));
    }

    #[test]
    fn the_whole_value_must_match() {
        let pattern: Pattern = serde_json::from_str(r#""[\\w+=,.@-]+""#).unwrap();
        assert!(pattern.matches("a-role@x"));
        assert!(!pattern.matches("a role"));
        assert!(!pattern.matches("r\u{f6}le"));
        assert!(!pattern.matches("role\n"));
    }
}
