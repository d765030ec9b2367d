//! Text with wildcards and policy variables, matched without allocation.

use std::borrow::Cow;

use nightproof_wildcard as wildcard;

use crate::context::Keys;

/// Text in which `*` stands for any characters, `?` for one, and `${key}` for the value of a condition key.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Box<[Piece]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    Any,
    One,
    Variable(Variable),
}

/// `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    /// Lowercase.
    key: Box<str>,
    default: Option<Box<str>>,
}

/// A variable for whose key the request has no value. AWS then treats the text as matching nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unresolved<'p>(pub(crate) &'p str);

/// What in a text has a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// `*` and `?`.
    pub(crate) wildcards: bool,
    /// `${…}`: from version 2012-10-17 on, and not everywhere.
    pub(crate) variables: bool,
}

/// The keys of the variables in a text.
pub(crate) fn variables(source: &str) -> impl Iterator<Item = &str> {
    let inner = source.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let keys = inner.map(|(inner, _)| inner.split_once(',').map_or(inner, |(key, _)| key).trim());
    keys.filter(|key| !matches!(*key, "*" | "?" | "$"))
}

impl Pattern {
    /// Reads `source`. Never fails: what looks like a variable and is none stands for itself.
    pub(crate) fn new(source: &str, syntax: Syntax) -> Self {
        Self::from_parts(source, "", syntax)
    }

    /// Like `new`, but variables are read in `rest` alone: they have no meaning before the fifth colon of an ARN.
    pub(crate) fn from_parts(head: &str, rest: &str, syntax: Syntax) -> Self {
        let mut pieces = Pieces::default();
        let split = !rest.is_empty();
        pieces.read(head, Syntax { variables: syntax.variables && !split, ..syntax });
        pieces.read(rest, syntax);
        Self { pieces: pieces.finish() }
    }

    pub(crate) fn has_variables(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)))
    }

    /// Is `text`, with regard to case, of this pattern?
    pub(crate) fn matches<'p>(&'p self, text: &str, context: &'p dyn Keys) -> Result<bool, Unresolved<'p>> {
        self.resolve(context)?;
        let piece = |piece: &'p Piece| piece.resolve(|variable| variable.value(context));
        Ok(wildcard::matches(&self.pieces, text, piece, |a, b| a == b))
    }

    /// Is `text`, with regard to case, of this pattern, which has no variables?
    pub(crate) fn matches_plain(&self, text: &str) -> bool {
        wildcard::matches(&self.pieces, text, |piece| piece.resolve(|_| None), |a, b| a == b)
    }

    /// Is `text`, without regard to the case of ASCII letters, of this pattern, which has no variables?
    pub(crate) fn matches_ignore_ascii_case(&self, text: &str) -> bool {
        wildcard::matches(&self.pieces, text, |piece| piece.resolve(|_| None), str::eq_ignore_ascii_case)
    }

    /// The text with its variables replaced; wildcards stay.
    pub(crate) fn expand<'p>(&'p self, context: &'p dyn Keys) -> Result<Cow<'p, str>, Unresolved<'p>> {
        if let [Piece::Literal(text)] = &*self.pieces {
            return Ok(Cow::Borrowed(text));
        }
        self.resolve(context)?;
        Ok(self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text,
                Piece::Any => "*",
                Piece::One => "?",
                Piece::Variable(variable) => variable.value(context).unwrap_or_default(),
            })
            .collect())
    }

    fn resolve<'p>(&'p self, context: &dyn Keys) -> Result<(), Unresolved<'p>> {
        let unresolved = self.pieces.iter().find_map(|piece| match piece {
            Piece::Variable(variable) if variable.value(context).is_none() => Some(&*variable.key),
            _ => None,
        });
        unresolved.map_or(Ok(()), |key| Err(Unresolved(key)))
    }
}

impl Piece {
    /// With the value of its variable, or no text if there is none.
    fn resolve<'p>(&'p self, value: impl Fn(&'p Variable) -> Option<&'p str>) -> wildcard::Piece<'p> {
        match self {
            Self::Literal(text) => wildcard::Piece::Literal(text),
            Self::Any => wildcard::Piece::Any,
            Self::One => wildcard::Piece::One,
            Self::Variable(variable) => wildcard::Piece::Literal(value(variable).unwrap_or_default()),
        }
    }
}

impl Variable {
    fn value<'v>(&'v self, context: &'v dyn Keys) -> Option<&'v str> {
        context.variable(&self.key).or(self.default.as_deref())
    }
}

/// Collects pieces, joining neighbouring literals.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    literal: String,
}

impl Pieces {
    fn read(&mut self, source: &str, syntax: Syntax) {
        let mut rest = source;
        while let Some(character) = rest.chars().next() {
            let after = rest.get(character.len_utf8()..).unwrap_or_default();
            match character {
                '*' if syntax.wildcards => self.push(Piece::Any),
                '?' if syntax.wildcards => self.push(Piece::One),
                '$' if syntax.variables => {
                    if let Some((inner, after)) = after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                        self.variable(inner);
                        rest = after;
                        continue;
                    }
                    self.literal.push('$');
                }
                other => self.literal.push(other),
            }
            rest = after;
        }
    }

    fn variable(&mut self, inner: &str) {
        if matches!(inner, "*" | "?" | "$") {
            self.literal.push_str(inner);
            return;
        }
        let (key, default) = match inner.split_once(',') {
            Some((key, default)) => {
                let default = default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                (key, default)
            }
            None => (inner, None),
        };
        let key = key.trim().to_ascii_lowercase().into();
        self.push(Piece::Variable(Variable { key, default: default.map(Into::into) }));
    }

    fn push(&mut self, piece: Piece) {
        self.flush();
        // `**` is `*`.
        if piece != Piece::Any || self.done.last() != Some(&Piece::Any) {
            self.done.push(piece);
        }
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.done.push(Piece::Literal(std::mem::take(&mut self.literal).into()));
        }
    }

    fn finish(mut self) -> Box<[Piece]> {
        self.flush();
        self.done.into()
    }
}
