//! What an expression is worth.

use std::collections::BTreeMap;

/// A value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(f64),
    Series(TimeSeries),
    Array(Vec<TimeSeries>),
    Text(String),
}

/// Points by the second at which their periods begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimeSeries {
    /// What it is called among several.
    pub(crate) label: String,
    /// Seconds.
    pub(crate) period: i64,
    pub(crate) points: BTreeMap<i64, f64>,
}

impl TimeSeries {
    /// Each point by a function; a point without a result is dropped.
    pub(super) fn map(self, each: impl Fn(f64) -> Option<f64>) -> Self {
        let points = self.points.into_iter().filter_map(|(time, value)| Some((time, each(value)?))).collect();
        Self { points, ..self }
    }

    /// Each point after the first by it and the point before it.
    pub(super) fn steps(self, each: impl Fn((i64, f64), (i64, f64)) -> f64) -> Self {
        let later = self.points.iter().skip(1);
        let points = self.points.iter().zip(later);
        let points = points.map(|(before, after)| (*after.0, each((*before.0, *before.1), (*after.0, *after.1)))).collect();
        Self { points, ..self }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.points.values().copied()
    }
}
