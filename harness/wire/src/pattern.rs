//! The model's patterns. They are written for Java, whose services match the whole value.

use std::sync::{LazyLock, OnceLock};

use regex::{Captures, Regex, RegexBuilder};
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
                RegexBuilder::new(&format!(r"\A(?:{})\z", ascii_classes(&whole_characters(&self.text))))
                    .size_limit(LARGEST)
                    .build()
                    .ok()
            })
            .as_ref()
    }
}

/// Java writes a character above U+FFFF as the two halves that UTF-16 has for it, `\uD800\uDC00`; this engine knows whole characters.
fn whole_characters(text: &str) -> String {
    static HALVES: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})").ok());
    let whole = |halves: &Captures<'_>| {
        let half = |place: usize| u32::from_str_radix(&halves[place], 16).unwrap_or_default();
        format!(r"\x{{{:X}}}", 0x10000 + ((half(1) - 0xD800) << 10) + (half(2) - 0xDC00))
    };
    HALVES.as_ref().map_or_else(|| text.to_owned(), |halves| halves.replace_all(text, whole).into_owned())
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
    fn halves_of_a_character_are_one_character() {
        let pattern: Pattern =
            serde_json::from_str(r#""[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF]*""#).unwrap();
        assert!(pattern.compiled().is_some());
        assert!(pattern.matches("a group \u{1F600}"));
        assert!(!pattern.matches("a\u{7}"));
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
