//! Patterns of parameters. AWS's are Java's, which may look around.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use fancy_regex::{Error, Regex};

/// A pattern that a whole value is to match.
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is no expression.
    pub(crate) fn new(text: &str) -> Result<Self, Box<Error>> {
        Regex::new(&format!("^(?:{text})$")).map(Self).map_err(Box::new)
    }

    /// Whether it matches all of `value`. A match that takes too many steps to find counts as none.
    pub(crate) fn is_match(&self, value: &str) -> bool {
        self.0.is_match(value).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_ahead_is_there_or_not() {
        let pattern = Pattern::new(r"^(?=.*[A-Z)])(?=.*\d)(?!.*(admin|root)).{8,}$").unwrap();
        for (value, is_match) in
            [("Abcdefg1", true), ("abcdefg1", false), ("Aadmin12", false), ("Aroot123", false), ("Abcdef1", false)]
        {
            assert_eq!(pattern.is_match(value), is_match, "{value}");
        }
    }

    #[test]
    fn a_pattern_looks_around_wherever_it_does() {
        for (pattern, value, is_match) in [
            ("a(?=b)b", "ab", true),
            ("(?=a)a|b", "b", true),
            ("a(?<=a)b", "ab", true),
            (r"^(?:((?=.*\d)(?=.*[A-Z])|(?=.*\d)(?=.*[^A-Za-z0-9])).*)$", "a1B", true),
            (r"^(?:((?=.*\d)(?=.*[A-Z])|(?=.*\d)(?=.*[^A-Za-z0-9])).*)$", "a1b", false),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(value), is_match, "{pattern} {value}");
        }
    }

    #[test]
    fn other_patterns_match_the_whole_value() {
        for (pattern, value, is_match) in [("a|b", "ab", false), ("a|b", "b", true), ("^a+$", "aa", true), ("a", "ba", false)] {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(value), is_match, "{pattern} {value}");
        }
    }

    #[test]
    fn what_does_not_end_is_no_expression() {
        for pattern in ["(?=a", "("] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_backtracks_without_end_comes_to_one() {
        assert!(!Pattern::new(r"^(a+)+(?=b)b$").unwrap().is_match(&"a".repeat(40)));
    }
}
