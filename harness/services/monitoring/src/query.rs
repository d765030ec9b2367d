//! Queries of metric data: what GetMetricData and alarms with metric math ask.

use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::metrics::{Metric, Metrics};
use nightproof_core::service::AwsError;
use serde::{Deserialize, Serialize};

use crate::error::{check_enum, combination, invalid, not_implemented, validation};
use crate::label::{Described, labels};
use crate::math::{Expression, Scope, TimeSeries, Value, error_in, evaluate};
use crate::metric::{Dimension, UNITS, Window, is_period, metric, periods};
use crate::statistic::Statistic;

/// `MetricDataQuery`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html>
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MetricDataQuery {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metric_stat: Option<MetricStat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) return_data: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_id: Option<String>,
}

/// A statistic of a metric.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MetricStat {
    pub(crate) metric: MetricName,
    pub(crate) period: i64,
    pub(crate) stat: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
}

/// `Metric`, as requests have it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MetricName {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metric_name: Option<String>,
    #[serde(default)]
    pub(crate) dimensions: Vec<Dimension>,
}

impl MetricDataQuery {
    pub(crate) fn returns_data(&self) -> bool {
        self.return_data != Some(false)
    }
}

/// Queries of one request, read and found to make sense.
#[derive(Debug, Clone)]
pub(crate) struct Queries(Vec<Query>);

#[derive(Debug, Clone)]
struct Query {
    id: String,
    label: Option<String>,
    returns_data: bool,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Metric { metric: Metric, statistic: Statistic, period: i64, unit: Option<String> },
    Math { expression: Expression, period: Option<i64> },
}

/// A time series of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) series: TimeSeries,
    /// Units that the values of a metric have, where no unit was asked for and there are several: the first of them is returned.
    pub(crate) units: Vec<String>,
    pub(crate) returns_data: bool,
}

impl Queries {
    /// Reads the queries of the member `parameter` of a request.
    pub(crate) fn read(account: &str, parameter: &str, given: &[MetricDataQuery]) -> Result<Self, AwsError> {
        let mut queries = Vec::new();
        let mut ids = BTreeSet::new();
        for (query, number) in given.iter().zip(1..) {
            let path = format!("{parameter}.member.{number}");
            if !is_id(&query.id) {
                let message = format!("The value {} for parameter {path}.Id is not matching the expected pattern", query.id);
                return Err(invalid(format!("{message} ^[a-z][a-zA-Z0-9_]*$.")));
            }
            if !ids.insert(query.id.as_str()) {
                return Err(invalid(format!("The values for parameter Id in {parameter} are not unique.")));
            }
            queries.push(Query {
                id: query.id.clone(),
                label: query.label.clone(),
                returns_data: query.returns_data(),
                source: source(account, &path, query)?,
            });
        }
        let read = Self(queries);
        read.order()?;
        Ok(read)
    }

    /// The greatest of the periods, in seconds.
    pub(crate) fn period(&self) -> i64 {
        let periods = self.0.iter().filter_map(|query| match &query.source {
            Source::Metric { period, .. } => Some(*period),
            Source::Math { period, .. } => *period,
        });
        periods.max().unwrap_or(60)
    }

    /// Whether any expression calls a function.
    pub(crate) fn calls(&self, function: &str) -> bool {
        self.0.iter().any(|query| matches!(&query.source, Source::Math { expression, .. } if expression.calls(function)))
    }

    /// The ids of the expressions, each after those that it refers to.
    fn order(&self) -> Result<Vec<&Query>, AwsError> {
        let is_metric = |query: &&Query| matches!(query.source, Source::Metric { .. });
        let mut known: BTreeSet<&str> = self.0.iter().filter(is_metric).map(|query| query.id.as_str()).collect();
        let mut left: Vec<&Query> = self.0.iter().filter(|query| !is_metric(query)).collect();
        let mut ordered = Vec::new();
        while !left.is_empty() {
            let refers_to_known = |query: &&Query| match &query.source {
                Source::Math { expression, .. } => expression.ids().iter().all(|id| known.contains(id)),
                Source::Metric { .. } => true,
            };
            let (next, rest): (Vec<&Query>, Vec<&Query>) = left.into_iter().partition(refers_to_known);
            if let ([], Some(query)) = (next.as_slice(), rest.first()) {
                return Err(self.dangling(query));
            }
            known.extend(next.iter().map(|query| query.id.as_str()));
            ordered.extend(next);
            left = rest;
        }
        Ok(ordered)
    }

    /// The refusal of an expression that refers to what is not there, or to itself.
    fn dangling(&self, query: &Query) -> AwsError {
        let Source::Math { expression, .. } = &query.source else { return validation("Circular dependency") };
        let unknown = expression.ids().into_iter().find(|id| !self.0.iter().any(|query| query.id == *id));
        let reason = unknown.map_or("Circular dependency".to_owned(), |id| format!("Unexpected identifier '{id}'"));
        error_in(&query.id, &reason)
    }

    /// The time series of all queries, in their order.
    pub(crate) fn evaluate(&self, metrics: &Metrics, window: Window) -> Result<Vec<Found>, AwsError> {
        let mut values = BTreeMap::new();
        let (mut ids, mut described, mut all_units) = (Vec::new(), Vec::new(), BTreeMap::new());
        for query in &self.0 {
            let Source::Metric { metric, statistic, period, unit } = &query.source else { continue };
            let (points, units) = points(metrics, metric, statistic, unit.as_deref(), window, *period);
            values.insert(query.id.clone(), Value::Series(TimeSeries { label: String::new(), period: *period, points }));
            ids.push(query.id.clone());
            described.push(Described { metric, statistic, period: *period });
            all_units.insert(query.id.as_str(), units);
        }
        for ((id, automatic), query) in ids.iter().zip(labels(&described)).zip(self.0.iter().filter(|query| query.is_metric())) {
            if let Some(Value::Series(series)) = values.get_mut(id) {
                series.label = query.label.clone().unwrap_or(automatic);
            }
        }
        let smallest = described.iter().map(|one| one.period).min();
        for query in self.order()? {
            let Source::Math { expression, period } = &query.source else { continue };
            let period = period.or(smallest).unwrap_or(60);
            let scope = Scope { values: &values, metrics: &ids, window, period };
            let value = evaluate(&query.id, expression, &scope)?;
            values.insert(query.id.clone(), value);
        }
        let mut found = Vec::new();
        for query in &self.0 {
            let units = all_units.remove(query.id.as_str()).filter(|units| units.len() > 1).unwrap_or_default();
            for (series, label) in query.series(values.get(&query.id))? {
                let (id, returns_data, units) = (query.id.clone(), query.returns_data, units.clone());
                found.push(Found { id, label, series, units, returns_data });
            }
        }
        Ok(found)
    }
}

impl Query {
    fn is_metric(&self) -> bool {
        matches!(self.source, Source::Metric { .. })
    }

    /// The time series of its value, and what each is called.
    fn series(&self, value: Option<&Value>) -> Result<Vec<(TimeSeries, String)>, AwsError> {
        match value {
            Some(Value::Series(series)) => {
                let label = if self.is_metric() { series.label.clone() } else { self.label.clone().unwrap_or(self.id.clone()) };
                Ok(vec![(series.clone(), label)])
            }
            Some(Value::Array(array)) => {
                let label = |series: &TimeSeries| {
                    let own = self.label.as_deref().unwrap_or(&self.id);
                    [own, &series.label].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
                };
                Ok(array.iter().map(|series| (series.clone(), label(series))).collect())
            }
            Some(Value::Scalar(_) | Value::Text(_)) if !self.returns_data => Ok(Vec::new()),
            Some(Value::Scalar(_) | Value::Text(_)) | None => {
                Err(error_in(&self.id, "The expression must return a single time series or an array of time series"))
            }
        }
    }
}

/// The statistic of each period that has values, and the units of these: without a unit that is asked for, the first one by its name counts.
fn points(
    metrics: &Metrics,
    metric: &Metric,
    statistic: &Statistic,
    unit: Option<&str>,
    window: Window,
    period: i64,
) -> (BTreeMap<i64, f64>, Vec<String>) {
    let units = periods(metrics, metric, window.rounded(period), period);
    let chosen = match unit {
        Some(unit) => units.get(unit),
        None => units.values().next(),
    };
    let values = chosen.into_iter().flatten().filter_map(|(time, values)| Some((*time, statistic.of(values)?)));
    let points = values.collect();
    (points, if unit.is_some() { Vec::new() } else { units.into_keys().collect() })
}

fn source(account: &str, path: &str, query: &MetricDataQuery) -> Result<Source, AwsError> {
    if query.account_id.as_ref().is_some_and(|other| other != account) {
        return Err(not_implemented("a metric of another account"));
    }
    if query.label.as_ref().is_some_and(|label| label.contains("${")) {
        return Err(not_implemented("a dynamic label"));
    }
    match (&query.metric_stat, &query.expression) {
        (Some(_), Some(_)) => Err(combination(format!(
            "The parameters {path}.Expression and {path}.MetricStat are mutually exclusive and you have specified both."
        ))),
        (None, None) => {
            Err(combination(format!("At least one of the parameters {path}.Expression and {path}.MetricStat must be specified.")))
        }
        (None, Some(text)) if text.trim_start().to_ascii_uppercase().starts_with("SELECT ") => {
            Err(not_implemented("a query of Metrics Insights"))
        }
        (None, Some(text)) => {
            let expression = Expression::read(text).map_err(|reason| error_in(&query.id, &reason))?;
            Ok(Source::Math { expression, period: query.period })
        }
        (Some(stat), None) => {
            let path = format!("{path}.MetricStat");
            check_enum(stat.unit.as_deref(), &format!("{path}.Unit"), &UNITS)?;
            let required = |value: &Option<String>, name: &str| {
                value
                    .clone()
                    .ok_or_else(|| AwsError::new("MissingParameter", 400, format!("The parameter {path}.{name} is required.")))
            };
            let namespace = required(&stat.metric.namespace, "Metric.Namespace")?;
            let name = required(&stat.metric.metric_name, "Metric.MetricName")?;
            if !is_period(stat.period) {
                let limit = "must be a value in the set [1, 5, 10, 20, 30], or must be a multiple of 60.";
                return Err(invalid(format!("The parameter {path}.Period {limit}")));
            }
            let unsupported = || invalid(format!("The value {} for parameter {path}.Stat is not supported.", stat.stat));
            Ok(Source::Metric {
                metric: metric(account, &namespace, &name, &stat.metric.dimensions),
                statistic: Statistic::read(&stat.stat).ok_or_else(unsupported)?,
                period: stat.period,
                unit: stat.unit.clone(),
            })
        }
    }
}

fn is_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase()) && id.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
}
