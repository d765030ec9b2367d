//! Members of requests that name a metric, and the values of the metric.

use std::collections::BTreeMap;

use nightproof_core::metrics::{Distribution, Metric, Metrics};
use serde::{Deserialize, Serialize};

/// The units of CloudWatch, in the order in which AWS lists them.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
pub(crate) const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// A dimension of a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Dimension {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The metric that has exactly these dimensions.
pub(crate) fn metric(account: &str, namespace: &str, name: &str, dimensions: &[Dimension]) -> Metric {
    let pairs = dimensions.iter().map(|dimension| (dimension.name.clone(), dimension.value.clone()));
    Metric::new(account, namespace, name, pairs)
}

/// Periods below a minute.
const SHORT: [i64; 5] = [1, 5, 10, 20, 30];

/// Whether statistics can be of periods of so many seconds.
pub(crate) fn is_period(period: i64) -> bool {
    period > 0 && (period % 60 == 0 || SHORT.contains(&period))
}

/// A span of time in seconds, up to before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Window {
    /// The window in which periods of this length begin at round times: at a whole minute, or at a multiple of a shorter period.
    pub(crate) fn rounded(self, period: i64) -> Self {
        Self { start: self.start - self.start.rem_euclid(period.clamp(1, 60)), ..self }
    }

    /// The begins of its periods.
    pub(crate) fn begins(self, period: i64) -> impl Iterator<Item = i64> {
        let step = usize::try_from(period).unwrap_or(1).max(1);
        (self.start..self.end).step_by(step)
    }
}

/// By unit, the values of each period of the window that has any, by the second at which the period begins: the first begins with the window.
pub(crate) fn periods(
    metrics: &Metrics,
    metric: &Metric,
    window: Window,
    period: i64,
) -> BTreeMap<String, BTreeMap<i64, Distribution>> {
    let period = period.max(1);
    let mut units = BTreeMap::new();
    for (unit, values) in metrics.between(metric, window.start, window.end) {
        let mut periods: BTreeMap<i64, Distribution> = BTreeMap::new();
        for (time, values) in values {
            let begin = window.start + (time - window.start) / period * period;
            match periods.get_mut(&begin) {
                Some(known) => known.add(&values),
                None => drop(periods.insert(begin, values)),
            }
        }
        units.insert(unit, periods);
    }
    units
}
