//! Expressions as they are read.

use super::operator::Operator;

/// A metric math expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Number(f64),
    Text(String),
    /// The id of another metric or expression, or a word such as `DESC`.
    Name(String),
    Negated(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Array(Vec<Expression>),
    Call(String, Vec<Expression>),
}

impl Expression {
    /// The ids that it refers to. Those begin with small letters, words of the language with capitals.
    pub(crate) fn ids(&self) -> Vec<&str> {
        match self {
            Self::Number(_) | Self::Text(_) => Vec::new(),
            Self::Name(name) if name.starts_with(|first: char| first.is_ascii_lowercase()) => vec![name],
            Self::Name(_) => Vec::new(),
            Self::Negated(inner) => inner.ids(),
            Self::Binary(_, left, right) => [left.ids(), right.ids()].concat(),
            Self::Array(items) | Self::Call(_, items) => items.iter().flat_map(Self::ids).collect(),
        }
    }

    /// Whether it calls a function anywhere.
    pub(crate) fn calls(&self, function: &str) -> bool {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Name(_) => false,
            Self::Negated(inner) => inner.calls(function),
            Self::Binary(_, left, right) => left.calls(function) || right.calls(function),
            Self::Array(items) => items.iter().any(|item| item.calls(function)),
            Self::Call(name, items) => name == function || items.iter().any(|item| item.calls(function)),
        }
    }
}
