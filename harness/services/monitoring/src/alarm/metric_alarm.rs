//! Alarms on a metric, or on an expression over several.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::metrics::{Metric, Metrics};
use serde_json::{Map, Value, json};

use super::condition::{Condition, Datapoint, Origin};
use super::state::Verdict;
use crate::metric::{Dimension, periods};
use crate::query::{MetricDataQuery, Queries};
use crate::statistic::Statistic;

/// An alarm on one time series.
#[derive(Debug, Clone)]
pub(crate) struct MetricAlarm {
    pub(crate) watched: Watched,
    pub(crate) condition: Condition,
    /// The members of the request that `condition` was made of.
    pub(crate) evaluation_periods: i64,
    pub(crate) datapoints_to_alarm: Option<i64>,
    pub(crate) comparison_operator: String,
    pub(crate) treat_missing_data: Option<String>,
    pub(crate) evaluate_low_sample_count_percentile: Option<String>,
}

/// What an alarm watches.
#[derive(Debug, Clone)]
pub(crate) enum Watched {
    Metric {
        metric: Metric,
        /// As they were given.
        dimensions: Vec<Dimension>,
        statistic: Statistic,
        unit: Option<String>,
    },
    /// One of the queries returns the time series.
    Queries { given: Vec<MetricDataQuery>, queries: Queries },
}

impl MetricAlarm {
    /// The state at a moment; `None` if it stays as it is.
    pub(crate) fn verdict(&self, metrics: &Metrics, at: Timestamp) -> Option<Verdict> {
        let Condition { period, .. } = self.condition;
        match &self.watched {
            Watched::Metric { metric, statistic, unit, .. } => {
                let coarse = !metrics.is_high_resolution(metric);
                let units = periods(metrics, metric, self.condition.window(at, coarse), period);
                let chosen = match unit {
                    Some(unit) => units.get(unit),
                    None => units.values().next(),
                };
                let point = |(begin, values): (&i64, &nightproof_core::metrics::Distribution)| {
                    Some((*begin, Datapoint { value: statistic.of(values)?, samples: Some(values.count()) }))
                };
                let points: BTreeMap<i64, Datapoint> = chosen.into_iter().flatten().filter_map(point).collect();
                let origin = Origin { unit: unit.clone(), statistic: Some(statistic.name().to_owned()) };
                self.condition.verdict(&points, at, coarse, &origin)
            }
            Watched::Queries { queries, .. } => {
                let found = queries.evaluate(metrics, self.condition.window(at, false)).ok()?;
                let returned = found.into_iter().find(|one| one.returns_data)?;
                let point = |(begin, value): (&i64, &f64)| (*begin, Datapoint { value: *value, samples: None });
                let points = returned.series.points.iter().map(point).collect();
                self.condition.verdict(&points, at, false, &Origin::default())
            }
        }
    }

    /// Its members as they are described.
    pub(crate) fn describe(&self, shown: &mut Map<String, Value>) {
        let mut set = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
        match &self.watched {
            Watched::Metric { metric, dimensions, statistic, unit } => {
                set("MetricName", metric.name.as_ref().into());
                set("Namespace", metric.namespace.as_ref().into());
                set(if statistic.is_extended() { "ExtendedStatistic" } else { "Statistic" }, statistic.name().into());
                set("Dimensions", json!(dimensions));
                set("Period", self.condition.period.into());
                if let Some(unit) = unit {
                    set("Unit", unit.as_str().into());
                }
            }
            Watched::Queries { given, .. } => {
                set("Metrics", given.iter().map(described_query).collect::<Vec<_>>().into());
                set("Dimensions", json!([]));
            }
        }
        set("EvaluationPeriods", self.evaluation_periods.into());
        set("Threshold", self.condition.threshold.into());
        set("ComparisonOperator", self.comparison_operator.as_str().into());
        if let Some(datapoints) = self.datapoints_to_alarm {
            set("DatapointsToAlarm", datapoints.into());
        }
        for (name, value) in [
            ("TreatMissingData", &self.treat_missing_data),
            ("EvaluateLowSampleCountPercentile", &self.evaluate_low_sample_count_percentile),
        ] {
            if let Some(value) = value {
                set(name, value.as_str().into());
            }
        }
    }
}

/// A query as it is described: whether it returns data is always there.
fn described_query(query: &MetricDataQuery) -> Value {
    json!(MetricDataQuery { return_data: Some(query.returns_data()), ..query.clone() })
}
