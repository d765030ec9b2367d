//! Patterns without variables.

use crate::Piece;

/// Which characters of a pattern have a meaning of their own, beside `*`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Syntax {
    /// `?` stands for one character.
    pub question_mark: bool,
    /// The character after a backslash stands for itself.
    pub escapes: bool,
}

/// A pattern that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Owned>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Owned {
    Literal(String),
    One,
    Any,
}

impl Owned {
    fn as_piece(&self) -> Piece<'_> {
        match self {
            Self::Literal(text) => Piece::Literal(text),
            Self::One => Piece::One,
            Self::Any => Piece::Any,
        }
    }
}

impl Pattern {
    /// Reads a pattern. A backslash at its end stands for itself.
    pub fn new(source: &str, syntax: Syntax) -> Self {
        let mut pieces = Vec::new();
        let mut characters = source.chars();
        while let Some(character) = characters.next() {
            match character {
                '*' if pieces.last() == Some(&Owned::Any) => {}
                '*' => pieces.push(Owned::Any),
                '?' if syntax.question_mark => pieces.push(Owned::One),
                '\\' if syntax.escapes => push(&mut pieces, characters.next().unwrap_or('\\')),
                other => push(&mut pieces, other),
            }
        }
        Self { pieces }
    }

    /// Whether `text` as a whole matches, by case.
    pub fn matches(&self, text: &str) -> bool {
        crate::matches(&self.pieces, text, Owned::as_piece, |one, other| one == other)
    }
}

fn push(pieces: &mut Vec<Owned>, character: char) {
    match pieces.last_mut() {
        Some(Owned::Literal(text)) => text.push(character),
        _ => pieces.push(Owned::Literal(character.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Syntax = Syntax { question_mark: true, escapes: true };

    fn matches(pattern: &str, syntax: Syntax, text: &str) -> bool {
        Pattern::new(pattern, syntax).matches(text)
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("a*", "abc"),
            ("*c", "abc"),
            ("a*c", "abc"),
            ("a*b*c", "aXbYbc"),
            ("abc", "abc"),
            ("**a**", "bab"),
            ("a::*_c*", "a::b_c_d"),
            ("a?", "a?"),
            (r"a\*", r"a\b"),
        ] {
            assert!(matches(pattern, Syntax::default(), text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a", "ab"), ("a*c", "ab"), ("", "a"), ("a*b*c", "acb"), ("ab*ba", "aba"), ("a::*", "b::a::b"), ("a?", "ab")]
        {
            assert!(!matches(pattern, Syntax::default(), text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_question_mark_stands_for_one_character() {
        for (pattern, text, expected) in
            [("web-?", "web-1", true), ("web-?", "web-12", false), ("?", "é", true), ("*?", "", false), ("?*c", "abcc", true)]
        {
            assert_eq!(matches(pattern, ALL, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn an_escaped_character_stands_for_itself() {
        for (pattern, text, expected) in
            [(r"a\*b", "a*b", true), (r"a\*b", "axb", false), (r"a\?", "a?", true), (r"\\", r"\", true), (r"a\", r"a\", true)]
        {
            assert_eq!(matches(pattern, ALL, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_few() {
        let text = "a".repeat(100_000);
        assert!(!matches(&format!("{}b", "*a".repeat(30)), ALL, &text));
    }
}
