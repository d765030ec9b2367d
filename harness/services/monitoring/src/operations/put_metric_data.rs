//! PutMetricData.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::metrics::{Datum, Distribution, Resolution};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::double::Double;
use crate::error::{check_enum, combination, invalid};
use crate::metric::{Dimension, UNITS, metric};
use crate::records::CloudWatch;

/// Metrics in one request.
const MOST: usize = 1000;
/// Distinct values of a metric in one request.
const MOST_VALUES: usize = 150;
/// How far in the past and in the future a value may be.
const PAST: SignedDuration = SignedDuration::from_hours(14 * 24);
const FUTURE: SignedDuration = SignedDuration::from_hours(2);

/// `PutMetricData`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutMetricData {
    namespace: String,
    #[serde(default)]
    metric_data: Vec<MetricDatum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDatum {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    timestamp: Option<Timestamp>,
    value: Option<Double>,
    statistic_values: Option<StatisticSet>,
    #[serde(default)]
    values: Vec<Double>,
    #[serde(default)]
    counts: Vec<Double>,
    unit: Option<String>,
    storage_resolution: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatisticSet {
    sample_count: Double,
    sum: Double,
    minimum: Double,
    maximum: Double,
}

impl CloudWatch {
    /// All of a request is taken, or nothing. On AWS metrics come minutes later; here they are there at once.
    pub(crate) fn put_metric_data(&self, call: &Call, input: PutMetricData) -> Result<Value, AwsError> {
        let PutMetricData { namespace, metric_data } = input;
        if namespace.starts_with("AWS/") {
            return Err(invalid(format!("The value {namespace} for parameter Namespace is invalid.")));
        }
        if metric_data.is_empty() {
            return Err(AwsError::new("MissingParameter", 400, "The parameter MetricData is required."));
        }
        if metric_data.len() > MOST {
            return Err(invalid(format!("The collection MetricData must not have a size greater than {MOST}.")));
        }
        check_times(&metric_data, call.now)?;
        let mut data = Vec::new();
        for (datum, number) in metric_data.iter().zip(1..) {
            let path = format!("MetricData.member.{number}");
            check_enum(datum.unit.as_deref(), &format!("metricData.{number}.member.unit"), &UNITS)?;
            let resolution = match datum.storage_resolution {
                None | Some(60) => Resolution::Standard,
                Some(1) => Resolution::High,
                Some(other) => {
                    return Err(invalid(format!("The value {other} for parameter {path}.StorageResolution is invalid.")));
                }
            };
            let unit = datum.unit.clone().unwrap_or_else(|| "None".to_owned());
            let metric = metric(call.account(), &namespace, &datum.metric_name, &datum.dimensions);
            if let Some(values) = datum.distribution(&path)? {
                let time = datum.timestamp.unwrap_or(call.now);
                data.push((metric, Datum { time, values, unit: Cow::Owned(unit), resolution }));
            }
        }
        for (metric, datum) in data {
            call.region.metrics().add(metric, datum, call.now);
        }
        Ok(json!({}))
    }
}

fn check_times(data: &[MetricDatum], now: Timestamp) -> Result<(), AwsError> {
    let mut wrong = Vec::new();
    for (datum, number) in data.iter().zip(1..) {
        let Some(age) = datum.timestamp.map(|time| now.duration_since(time)) else { continue };
        if age > PAST {
            wrong.push(format!(
                "The parameter MetricData.member.{number}.Timestamp must specify a time within the past two weeks."
            ));
        } else if age < -FUTURE {
            let limit = "must specify a time no more than two hours in the future.";
            wrong.push(format!("The parameter MetricData.member.{number}.Timestamp {limit}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(invalid(wrong.join("\n"))) }
}

impl MetricDatum {
    /// The values that it has; `None` if none of them came at all.
    fn distribution(&self, path: &str) -> Result<Option<Distribution>, AwsError> {
        let exclusive = |other: &str| {
            combination(format!(
                "The parameters {path}.Value and {path}.{other} are mutually exclusive and you have specified both."
            ))
        };
        match (&self.value, self.statistic_values.as_ref()) {
            (Some(_), Some(_)) => Err(exclusive("StatisticValues")),
            (Some(_), None) if !self.values.is_empty() => Err(exclusive("Values")),
            (Some(value), None) => Ok(Some(Distribution::repeated(finite(*value, &format!("{path}.Value"))?, 1.0))),
            _ if !self.values.is_empty() || !self.counts.is_empty() => self.counted(path),
            (None, Some(set)) => set.distribution(path),
            (None, None) => Err(combination(format!(
                "At least one of the parameters {path}.Value and {path}.StatisticValues must be specified."
            ))),
        }
    }

    /// `Values`, each of which came as often as `Counts` has it.
    fn counted(&self, path: &str) -> Result<Option<Distribution>, AwsError> {
        if !self.counts.is_empty() && self.counts.len() != self.values.len() {
            return Err(invalid(format!("The parameters {path}.Values and {path}.Counts must be of the same size.")));
        }
        if self.values.len() > MOST_VALUES {
            return Err(invalid(format!("The collection {path}.Values must not have a size greater than {MOST_VALUES}.")));
        }
        let mut all: Option<Distribution> = None;
        for (at, value) in self.values.iter().enumerate() {
            let number = at + 1;
            let value = finite(*value, &format!("{path}.Values.member.{number}"))?;
            let count = self.counts.get(at).copied().unwrap_or(Double(1.0));
            let path = format!("{path}.Counts.member.{number}");
            if finite(count, &path)? < 0.0 {
                return Err(invalid(format!("The value {count} for parameter {path} is invalid.")));
            }
            if count.0 > 0.0 {
                let these = Distribution::repeated(value, count.0);
                all = Some(all.map_or(these.clone(), |mut all| {
                    all.add(&these);
                    all
                }));
            }
        }
        Ok(all)
    }
}

impl StatisticSet {
    fn distribution(&self, path: &str) -> Result<Option<Distribution>, AwsError> {
        let path = format!("{path}.StatisticValues");
        for (value, name) in
            [(self.sample_count, "SampleCount"), (self.sum, "Sum"), (self.minimum, "Minimum"), (self.maximum, "Maximum")]
        {
            finite(value, &format!("{path}.{name}"))?;
        }
        if self.maximum.0 < self.minimum.0 {
            return Err(invalid(format!("The parameter {path}.Maximum must be greater than {path}.Minimum.")));
        }
        if self.sample_count.0 < 0.0 {
            return Err(invalid(format!("The value {} for parameter {path}.SampleCount is invalid.", self.sample_count)));
        }
        let (count, sum) = (self.sample_count.0, self.sum.0);
        Ok((count > 0.0).then(|| Distribution::summary(count, sum, self.minimum.0, self.maximum.0)))
    }
}

/// CloudWatch takes numbers from -2^360 to 2^360.
fn finite(value: Double, path: &str) -> Result<f64, AwsError> {
    if value.0.is_finite() && value.0.abs() <= 2.0_f64.powi(360) {
        return Ok(value.0);
    }
    Err(invalid(format!("The value {value} for parameter {path} is invalid.")))
}
