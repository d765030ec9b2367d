//! The commands of a query, and why a query cannot be run.

use super::expression::Expression;
use super::statistics::Statistic;

#[derive(Debug, Clone)]
pub(super) enum Command {
    /// Names and what they stand for.
    Fields(Vec<(String, Expression)>),
    Display(Vec<(String, Expression)>),
    Filter(Expression),
    /// Each with whether the greatest comes first.
    Sort(Vec<(Expression, bool)>),
    Limit(usize),
    Stats(Vec<Statistic>, Vec<(String, Expression)>),
}

/// Why a query cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// What AWS says of it.
    Malformed(String),
    /// What AWS has and is not done here.
    Lacking(String),
}
