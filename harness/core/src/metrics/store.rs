//! All metrics of a region.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::distribution::Distribution;
use super::metric::Metric;
use super::series::{Datum, Resolution, Series};

/// Values that are kept of all metrics, about 100 MB. Beyond it the earliest tenth goes.
const KEPT: isize = 4_000_000;
/// Metrics that are kept. Beyond it those that were put longest ago go.
const METRICS: usize = 200_000;

/// What a service has some of at any time: messages in a queue. It is looked at each minute.
pub trait Gauge: fmt::Debug + Send + Sync {
    /// Puts the present values, as those of `time`.
    fn sample(&self, metrics: &Metrics, time: Timestamp);
}

/// All metrics of a region.
#[derive(Debug, Default)]
pub struct Metrics {
    all: Mutex<All>,
    gauges: Mutex<Vec<Arc<dyn Gauge>>>,
}

#[derive(Debug, Default)]
struct All {
    series: BTreeMap<Metric, Series>,
    size: isize,
}

impl Metrics {
    /// Counts a value of a service of the region, at a time that is now. Services publish by the minute.
    pub fn put(&self, metric: Metric, time: Timestamp, value: f64, unit: &'static str) {
        let values = Distribution::repeated(value, 1.0);
        self.add(metric, Datum { time, values, unit: unit.into(), resolution: Resolution::Standard }, time);
    }

    /// Has a gauge looked at from now on.
    pub fn register(&self, gauge: Arc<dyn Gauge>) {
        self.gauges.lock().push(gauge);
    }

    /// Looks at all gauges.
    pub fn sample(&self, time: Timestamp) {
        let gauges = self.gauges.lock().clone();
        gauges.iter().for_each(|gauge| gauge.sample(self, time));
    }

    /// Adds values to a metric.
    pub fn add(&self, metric: Metric, datum: Datum, now: Timestamp) {
        let mut all = self.all.lock();
        let grown = all.series.entry(metric).or_default().add(datum, now);
        all.size += grown;
        if all.size > KEPT || all.series.len() > METRICS {
            all.shrink();
        }
    }

    /// The metrics of an account that had a value since `since`, in order of namespace, name and dimensions.
    pub fn active(&self, account: &str, since: Timestamp) -> Vec<Metric> {
        let all = self.all.lock();
        let of_account = all.series.iter().filter(|(metric, series)| metric.account == account && series.last >= since);
        of_account.map(|(metric, _)| metric.clone()).collect()
    }

    /// By unit, the values of a metric from `start` to before `end`, each with the second at which it begins; empty if nothing counts it.
    pub fn between(&self, metric: &Metric, start: i64, end: i64) -> BTreeMap<String, Vec<(i64, Distribution)>> {
        self.all.lock().series.get(metric).map(|series| series.between(start, end)).unwrap_or_default()
    }

    /// Whether a metric has ever been put by the second.
    pub fn is_high_resolution(&self, metric: &Metric) -> bool {
        self.all.lock().series.get(metric).is_some_and(|series| series.high_resolution)
    }

    /// How many values a metric has in all.
    pub fn total(&self, metric: &Metric) -> f64 {
        let units = self.between(metric, i64::MIN, i64::MAX);
        units.values().flatten().map(|(_, values)| values.count()).sum()
    }
}

impl All {
    fn shrink(&mut self) {
        if self.series.len() > METRICS {
            let mut last: Vec<Timestamp> = self.series.values().map(|series| series.last).collect();
            let (_, kept_from, _) = last.select_nth_unstable(METRICS / 10);
            let kept_from = kept_from.saturating_add(SignedDuration::from_nanos(1)).unwrap_or(*kept_from);
            self.series.retain(|_, series| series.last >= kept_from);
        }
        let mut times: Vec<i64> = self.series.values().flat_map(Series::times).collect();
        if self.series.values().map(Series::size).sum::<usize>().cast_signed() > KEPT && !times.is_empty() {
            let tenth = times.len() / 10;
            let (_, begin, _) = times.select_nth_unstable(tenth);
            let begin = *begin + 1;
            self.series.values_mut().for_each(|series| series.forget_before(begin));
        }
        self.series.retain(|_, series| !series.is_empty());
        self.size = self.series.values().map(Series::size).sum::<usize>().cast_signed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn a_metric_is_found_by_its_dimensions_in_any_order_and_by_unit() {
        let metrics = Metrics::default();
        let pair = |name: &str| (name.to_owned(), "v".to_owned());
        let metric = Metric::new(ACCOUNT, "n", "m", [pair("b"), pair("a")]);
        metrics.put(metric.clone(), at(90), 2.0, "Count");
        metrics.put(metric.clone(), at(90), 3.0, "Seconds");
        let found = metrics.between(&Metric::new(ACCOUNT, "n", "m", [pair("a"), pair("b")]), 60, 120);
        let sums: Vec<_> = found.iter().map(|(unit, points)| (unit.as_str(), points[0].0, points[0].1.sum())).collect();
        assert_eq!(sums, [("Count", 60, 2.0), ("Seconds", 60, 3.0)]);
        assert!(metrics.between(&Metric::new(ACCOUNT, "n", "m", [pair("a")]), 0, 120).is_empty());
        assert_eq!(
            (metrics.total(&metric), metrics.active(ACCOUNT, at(90)).len(), metrics.active(ACCOUNT, at(91)).len()),
            (2.0, 1, 0)
        );
    }

    #[test]
    fn what_is_put_takes_bounded_memory() {
        let metrics = Metrics::default();
        for number in 0..=METRICS {
            let second = i64::try_from(number).expect("small");
            metrics.put(Metric::new(ACCOUNT, "n", &number.to_string(), []), at(second), 1.0, "None");
        }
        let left = metrics.active(ACCOUNT, at(0)).len();
        assert!(left < METRICS && left > METRICS / 2, "{left}");
        assert_eq!(metrics.total(&Metric::new(ACCOUNT, "n", "0", [])), 0.0);
        assert_eq!(metrics.total(&Metric::new(ACCOUNT, "n", &METRICS.to_string(), [])), 1.0);
    }
}
