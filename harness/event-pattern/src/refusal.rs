//! Why a pattern is refused, and where its reader stood: Event Ruler's messages say both, as Jackson tells it.

use std::fmt::Display;

use serde::de::{DeserializeOwned, IgnoredAny};

/// How much of a pattern a message repeats.
const SHOWN: usize = 500;

/// Why a pattern is refused, in Event Ruler's words, and in further lines where its reader stood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

/// A refusal, and where in the pattern it is about.
#[derive(Debug)]
pub(super) struct Refusal {
    reason: String,
    /// The way to the value, innermost step first.
    steps: Vec<Step>,
    place: Place,
    /// How often the message has the place: reasons within a list have it twice.
    times: usize,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// Where the reader stood.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Behind the first token of the value; of a string, which is read when it is needed, that is its quotation mark.
    Token,
    /// Behind the value.
    End,
    Untold,
}

/// A refusal of the value that is being read.
pub(super) fn invalid(reason: impl Display) -> Refusal {
    Refusal { reason: reason.to_string(), steps: Vec::new(), place: Place::Token, times: 1 }
}

impl Refusal {
    /// The reader had read the whole value.
    pub(super) fn at_end(self) -> Self {
        Self { place: Place::End, ..self }
    }

    /// The reason does not say where.
    pub(super) fn untold(self) -> Self {
        Self { place: Place::Untold, ..self }
    }

    /// The value is a list's, whose reader tells the place once more.
    pub(super) fn told_twice(self) -> Self {
        Self { times: 2, ..self }
    }

    /// The value is a member of an object.
    pub(super) fn under(mut self, key: &str) -> Self {
        self.steps.push(Step::Key(key.to_owned()));
        self
    }

    /// The value is an element of a list.
    pub(super) fn at(mut self, index: usize) -> Self {
        self.steps.push(Step::Index(index));
        self
    }

    /// The error that callers get.
    pub(super) fn about(&self, pattern: &str) -> PatternError {
        let place = self.offset(pattern).map(|offset| source(pattern, offset)).unwrap_or_default();
        PatternError(format!("{}{}", self.reason, place.repeat(self.times)))
    }

    fn offset(&self, pattern: &str) -> Option<usize> {
        let mut at = space(pattern, 0);
        for step in self.steps.iter().rev() {
            at = child(pattern, at, step)?;
        }
        let first = pattern.as_bytes().get(at)?;
        match self.place {
            Place::Untold => None,
            Place::Token if matches!(first, b'"' | b'[' | b'{') => Some(at + 1),
            Place::Token | Place::End => Some(at + length(pattern, at)?),
        }
    }
}

/// Where a member or an element begins, in an object or a list that begins at `at`.
fn child(text: &str, at: usize, wanted: &Step) -> Option<usize> {
    let mut at = at + 1;
    for index in 0.. {
        at = space(text, at);
        let is_wanted = match wanted {
            Step::Index(wanted) => *wanted == index,
            Step::Key(wanted) => {
                let (key, length) = read::<String>(text, at)?;
                at = space(text, space(text, at + length) + 1);
                key == *wanted
            }
        };
        if is_wanted {
            return Some(at);
        }
        at = space(text, at + length(text, at)?) + 1;
    }
    None
}

/// The value that begins at `at`, and how long it is.
fn read<T: DeserializeOwned>(text: &str, at: usize) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

fn length(text: &str, at: usize) -> Option<usize> {
    read::<IgnoredAny>(text, at).map(|(_, length)| length)
}

/// The first place from `at` on that is no white space.
fn space(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start().len()
}

fn source(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let shown: String = text.chars().take(SHOWN).collect();
    let left = text.chars().count().saturating_sub(SHOWN);
    let truncated = if left > 0 { format!("[truncated {left} chars]") } else { String::new() };
    format!("\n at [Source: (String)\"{shown}\"{truncated}; line: {line}, column: {column}]")
}
