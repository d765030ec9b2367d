//! What services count, for CloudWatch to tell.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use parking_lot::Mutex;

/// Values of a metric that are kept; the earliest go first.
const KEPT: usize = 100_000;

/// A metric: one combination of name and dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// Who counts.
    pub account: String,
    /// `AWS/Lambda`
    pub namespace: &'static str,
    /// `Invocations`
    pub name: &'static str,
    /// Name and value.
    pub dimension: (&'static str, String),
}

/// All metrics of a region.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<Metric, VecDeque<(Timestamp, f64)>>>);

impl Metrics {
    /// Adds a value to a metric.
    pub fn put(&self, metric: Metric, time: Timestamp, value: f64) {
        let mut all = self.0.lock();
        let values = all.entry(metric).or_default();
        values.push_back((time, value));
        if values.len() > KEPT {
            values.pop_front();
        }
    }

    /// The metrics of an account.
    pub fn of(&self, account: &str) -> Vec<Metric> {
        let all = self.0.lock();
        all.keys().filter(|metric| metric.account == account).cloned().collect()
    }

    /// The values of the metric that is wanted; none of one that nobody counts.
    pub fn values(&self, is_wanted: impl Fn(&Metric) -> bool) -> Vec<(Timestamp, f64)> {
        let all = self.0.lock();
        let found = all.iter().find(|(metric, _)| is_wanted(metric));
        found.map(|(_, values)| values.iter().copied().collect()).unwrap_or_default()
    }
}
