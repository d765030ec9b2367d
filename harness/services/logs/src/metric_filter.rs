//! Metric filters: what CloudWatch counts of the events of a group.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::metrics::{Datum, Distribution, Metric, Resolution};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::filter_pattern::FilterPattern;

/// A metric filter of a group.
#[derive(Debug, Clone)]
pub(crate) struct MetricFilter {
    pub(crate) name: String,
    /// As it was given.
    pub(crate) pattern_text: String,
    pub(crate) pattern: FilterPattern,
    pub(crate) transformation: MetricTransformation,
    pub(crate) created: Timestamp,
}

/// What becomes of an event that matches.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetricTransformation {
    pub(crate) metric_name: String,
    pub(crate) metric_namespace: String,
    /// A number, or what of the event is one: `$.latency`, `$size`.
    pub(crate) metric_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default_value: Option<f64>,
    /// What of the event is the value of each dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
}

impl MetricFilter {
    /// The values that events of these times give, all of which came at once. If none matches, the default value of now is one.
    pub(crate) fn data<'a>(
        &self,
        account: &str,
        events: impl Iterator<Item = (i64, &'a str)>,
        now: Timestamp,
    ) -> Vec<(Metric, Datum)> {
        let (mut data, mut came, mut matched) = (Vec::new(), false, false);
        for (time, message) in events {
            came = true;
            if self.pattern.matches(message) {
                matched = true;
                let time = Timestamp::from_millisecond(time).unwrap_or(now);
                data.extend(self.datum(account, time, message));
            }
        }
        if let (true, false, Some(value)) = (came, matched, self.transformation.default_value) {
            data.push(self.of(account, now, value, Vec::new()));
        }
        data
    }

    /// The value of one event that matches; `None` if what it is taken from is no number, or a dimension is not there.
    fn datum(&self, account: &str, time: Timestamp, message: &str) -> Option<(Metric, Datum)> {
        let MetricTransformation { metric_value, dimensions, .. } = &self.transformation;
        let value = if metric_value.starts_with('$') { self.pattern.value(message, metric_value)? } else { metric_value.clone() };
        let value = value.parse().ok().filter(|value: &f64| value.is_finite())?;
        let dimension = |(name, from): (&String, &String)| Some((name.clone(), self.pattern.value(message, from)?));
        let dimensions = dimensions.iter().map(dimension).collect::<Option<Vec<_>>>()?;
        Some(self.of(account, time, value, dimensions))
    }

    fn of(&self, account: &str, time: Timestamp, value: f64, dimensions: Vec<(String, String)>) -> (Metric, Datum) {
        let MetricTransformation { metric_name, metric_namespace, unit, .. } = &self.transformation;
        let unit = unit.clone().map_or(Cow::Borrowed("None"), Cow::Owned);
        let values = Distribution::repeated(value, 1.0);
        let metric = Metric::new(account, metric_namespace, metric_name, dimensions);
        (metric, Datum { time, values, unit, resolution: Resolution::Standard })
    }

    pub(crate) fn describe(&self, group: &str) -> Value {
        json!({
            "filterName": self.name,
            "filterPattern": self.pattern_text,
            "metricTransformations": [self.transformation],
            "creationTime": self.created.as_millisecond(),
            "logGroupName": group,
            "applyOnTransformedLogs": false,
        })
    }
}
