//! Patterns of parameters. AWS's are Java's, which may look ahead; a pattern that does so where it begins is read here.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use regex::Regex;

/// A pattern that a whole value is to match.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// What the value begins with, or does not begin with.
    ahead: Vec<(bool, Regex)>,
    rest: Regex,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is no expression, or looks around elsewhere than where it begins.
    pub(crate) fn new(text: &str) -> Result<Self, regex::Error> {
        let mut ahead = Vec::new();
        let mut rest = text.strip_prefix('^').unwrap_or(text);
        while let Some((wanted, inner, after)) = look_ahead(rest) {
            ahead.push((wanted, Regex::new(&format!("^(?:{inner})"))?));
            rest = after;
        }
        // What stands before a choice is of its first part alone.
        if ahead.is_empty() || chooses(rest) {
            return Ok(Self { ahead: Vec::new(), rest: Regex::new(&format!("^(?:{text})$"))? });
        }
        Ok(Self { ahead, rest: Regex::new(&format!("^(?:{rest})$"))? })
    }

    /// Whether it matches all of `value`.
    pub(crate) fn is_match(&self, value: &str) -> bool {
        self.ahead.iter().all(|(wanted, inner)| inner.is_match(value) == *wanted) && self.rest.is_match(value)
    }
}

/// Whether what follows is wanted, the expression for it, and what stands after it; `None` if `text` does not begin by looking ahead.
fn look_ahead(text: &str) -> Option<(bool, &str, &str)> {
    let (wanted, inner) = match (text.strip_prefix("(?="), text.strip_prefix("(?!")) {
        (Some(inner), _) => (true, inner),
        (None, Some(inner)) => (false, inner),
        (None, None) => return None,
    };
    let end = places(inner).find(|(_, _, depth)| *depth < 0)?.0;
    Some((wanted, inner.get(..end)?, inner.get(end + 1..)?))
}

/// Whether there is a choice that no parentheses are around.
fn chooses(text: &str) -> bool {
    places(text).any(|(_, character, depth)| character == '|' && depth == 0)
}

/// Each character that is neither escaped nor in brackets, with its place and how many parentheses are open after it.
fn places(text: &str) -> impl Iterator<Item = (usize, char, i32)> {
    let (mut escaped, mut bracketed, mut depth) = (false, false, 0);
    text.char_indices().filter_map(move |(place, character)| {
        if std::mem::take(&mut escaped) {
            return None;
        }
        match character {
            '\\' => escaped = true,
            ']' => bracketed = false,
            _ if bracketed => return None,
            '[' => bracketed = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        Some((place, character, depth))
    })
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
    fn other_patterns_match_the_whole_value() {
        for (pattern, value, is_match) in [("a|b", "ab", false), ("a|b", "b", true), ("^a+$", "aa", true), ("a", "ba", false)] {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(value), is_match, "{pattern} {value}");
        }
    }

    #[test]
    fn looking_around_elsewhere_is_no_expression_here() {
        for pattern in ["a(?=b)b", "(?=a)a|b", "(?<=a)b", "(?=a", "("] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
