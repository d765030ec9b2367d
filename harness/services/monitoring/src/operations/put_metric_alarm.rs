//! PutMetricAlarm.

use nightproof_core::request_tags::{self, Tag};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::alarm::{
    Alarm, Comparison, Condition, Configuration, DAY, Item, Kind, MetricAlarm, Missing, StateRecord, Watched, check_actions,
};
use crate::error::{check_enum, invalid, not_implemented, validation};
use crate::metric::{Dimension, UNITS, Window, metric};
use crate::query::{MetricDataQuery, Queries};
use crate::records::CloudWatch;
use crate::statistic::Statistic;

const COMPARISONS: [&str; 7] = [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
];
const STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// `PutMetricAlarm`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutMetricAlarm {
    alarm_name: String,
    alarm_description: Option<String>,
    actions_enabled: Option<bool>,
    #[serde(default, rename = "OKActions")]
    ok_actions: Vec<String>,
    #[serde(default)]
    alarm_actions: Vec<String>,
    #[serde(default)]
    insufficient_data_actions: Vec<String>,
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    period: Option<i64>,
    unit: Option<String>,
    evaluation_periods: Option<i64>,
    datapoints_to_alarm: Option<i64>,
    threshold: Option<f64>,
    comparison_operator: Option<String>,
    treat_missing_data: Option<String>,
    evaluate_low_sample_count_percentile: Option<String>,
    #[serde(default)]
    metrics: Vec<MetricDataQuery>,
    #[serde(default)]
    tags: Vec<Tag>,
}

impl CloudWatch {
    /// An alarm is evaluated within a minute.
    pub(crate) fn put_metric_alarm(&self, call: &Call, mut input: PutMetricAlarm) -> Result<Value, AwsError> {
        let tags = std::mem::take(&mut input.tags);
        let alarm = input.alarm(call)?;
        let configuration = Configuration {
            arn: call.arn("cloudwatch", format!("alarm:{}", input.alarm_name)),
            name: input.alarm_name,
            description: input.alarm_description,
            actions_enabled: input.actions_enabled.unwrap_or(true),
            ok_actions: input.ok_actions,
            alarm_actions: input.alarm_actions,
            insufficient_data_actions: input.insufficient_data_actions,
        };
        check_actions(call, &configuration)?;
        let tags = request_tags::check(call, tags, || invalid("Tag keys starting with aws: are reserved."))?;
        self.put(call, configuration, Kind::Metric(Box::new(alarm)), tags);
        self.changed.notify_one();
        Ok(json!({}))
    }

    /// Keeps an alarm. The tags and the state of one that has its name stay.
    pub(crate) fn put(&self, call: &Call, configuration: Configuration, kind: Kind, tags: Vec<(String, String)>) {
        self.with(call.account(), |records| {
            let before = records.alarms.get(&configuration.name).cloned();
            let (tags, state) = match &before {
                Some(before) => (before.tags.clone(), before.state.clone()),
                None => (tags.into_iter().collect(), StateRecord::unchecked(call.now)),
            };
            let alarm = Alarm { configuration, kind, tags, configured: call.now, state, evaluated: false };
            records.history.add(Item::configured(&alarm, before.as_ref(), call.now));
            records.alarms.insert(alarm.name().to_owned(), alarm);
        });
    }
}

impl PutMetricAlarm {
    fn alarm(&self, call: &Call) -> Result<MetricAlarm, AwsError> {
        let watched = if self.metrics.is_empty() { self.metric(call)? } else { self.expression(call)? };
        let period = match &watched {
            Watched::Metric { .. } => self.period.unwrap_or_default(),
            Watched::Queries { queries, .. } => queries.period(),
        };
        Ok(MetricAlarm {
            condition: self.condition(period, &watched)?,
            watched,
            evaluation_periods: self.evaluation_periods.unwrap_or_default(),
            datapoints_to_alarm: self.datapoints_to_alarm,
            comparison_operator: self.comparison_operator.clone().unwrap_or_default(),
            treat_missing_data: self.treat_missing_data.clone(),
            evaluate_low_sample_count_percentile: self.evaluate_low_sample_count_percentile.clone(),
        })
    }

    /// One metric.
    fn metric(&self, call: &Call) -> Result<Watched, AwsError> {
        let missing = |name: &str| validation(format!("{name} must not be null"));
        let name = self.metric_name.as_deref().ok_or_else(|| missing("MetricName"))?;
        let namespace = self.namespace.as_deref().ok_or_else(|| missing("Namespace"))?;
        let period = self.period.ok_or_else(|| missing("Period"))?;
        if period < 1 || !([10, 20, 30].contains(&period) || period % 60 == 0) {
            return Err(validation("Period must be 10, 20, 30 or a multiple of 60"));
        }
        check_enum(self.unit.as_deref(), "unit", &UNITS)?;
        let statistic = match (&self.statistic, &self.extended_statistic) {
            (Some(_), Some(_)) => return Err(validation("Statistic and ExtendedStatistic cannot both be set")),
            (None, None) => return Err(validation("Either Statistic or ExtendedStatistic must be set")),
            (Some(name), None) => {
                check_enum(Some(name), "statistic", &STATISTICS)?;
                Statistic::read_simple(name)
            }
            (None, Some(name)) => Statistic::read_extended(name),
        };
        let unsupported = || {
            let name = self.extended_statistic.as_deref().unwrap_or_default();
            validation(format!("The value {name} for parameter ExtendedStatistic is not supported."))
        };
        Ok(Watched::Metric {
            metric: metric(call.account(), namespace, name, &self.dimensions),
            dimensions: self.dimensions.clone(),
            statistic: statistic.ok_or_else(unsupported)?,
            unit: self.unit.clone(),
        })
    }

    /// A metric math expression.
    fn expression(&self, call: &Call) -> Result<Watched, AwsError> {
        let exclusive = [
            ("MetricName", self.metric_name.is_some()),
            ("Namespace", self.namespace.is_some()),
            ("Dimensions", !self.dimensions.is_empty()),
            ("Period", self.period.is_some()),
            ("Unit", self.unit.is_some()),
            ("Statistic", self.statistic.is_some()),
            ("ExtendedStatistic", self.extended_statistic.is_some()),
        ];
        if let Some((name, _)) = exclusive.into_iter().find(|(_, given)| *given) {
            return Err(validation(format!("{name} should not be set if list of Metrics is set.")));
        }
        if self.metrics.iter().filter(|query| query.returns_data()).count() != 1 {
            return Err(validation("Exactly one element of the metrics list should return data."));
        }
        let queries = Queries::read(call.account(), "Metrics", &self.metrics)?;
        if queries.calls("SEARCH") {
            return Err(validation("SEARCH is not supported on Metric Alarms."));
        }
        // An expression that makes no sense is refused; what it is worth is the same for any time.
        let now = call.now.as_second();
        let found = queries.evaluate(call.region.metrics(), Window { start: now - queries.period(), end: now })?;
        if found.iter().filter(|one| one.returns_data).count() != 1 {
            return Err(validation("The expression of an alarm must return a single time series."));
        }
        Ok(Watched::Queries { given: self.metrics.clone(), queries })
    }

    /// When the alarm goes off; what is not evaluated here is refused.
    fn condition(&self, period: i64, watched: &Watched) -> Result<Condition, AwsError> {
        let missing = |name: &str| validation(format!("{name} must not be null"));
        let periods = self.evaluation_periods.ok_or_else(|| missing("EvaluationPeriods"))?;
        let threshold = self.threshold.ok_or_else(|| missing("Threshold"))?;
        let operator = self.comparison_operator.as_deref().ok_or_else(|| missing("ComparisonOperator"))?;
        check_enum(Some(operator), "comparisonOperator", &COMPARISONS)?;
        let (longest, words) = if period < 3600 { (DAY, "a day") } else { (7 * DAY, "seven days") };
        if period.saturating_mul(periods) > longest {
            return Err(validation(format!(
                "Metrics cannot be checked across more than {words} (EvaluationPeriods * Period must be <= {longest})."
            )));
        }
        let to_alarm = self.datapoints_to_alarm.unwrap_or(periods);
        if to_alarm > periods {
            return Err(validation("DatapointsToAlarm must not be more than EvaluationPeriods"));
        }
        let wrong = |name: &str, value: &str| validation(format!("Parameter {name} has an invalid value: {value}"));
        let least_samples = match (self.evaluate_low_sample_count_percentile.as_deref(), watched) {
            (Some("ignore"), Watched::Metric { statistic, .. }) => statistic.least_samples(),
            (None | Some("evaluate" | "ignore"), _) => 0.0,
            (Some(other), _) => return Err(wrong("EvaluateLowSampleCountPercentile", other)),
        };
        let count = |value: i64| usize::try_from(value).unwrap_or(1).max(1);
        Ok(Condition {
            period,
            periods: count(periods),
            to_alarm: count(to_alarm),
            counted: self.datapoints_to_alarm.is_some(),
            comparison: match operator {
                "GreaterThanOrEqualToThreshold" => Comparison::GreaterOrEqual,
                "GreaterThanThreshold" => Comparison::Greater,
                "LessThanThreshold" => Comparison::Less,
                "LessThanOrEqualToThreshold" => Comparison::LessOrEqual,
                other => return Err(not_implemented(format!("an alarm with {other}"))),
            },
            threshold,
            missing: match self.treat_missing_data.as_deref() {
                None | Some("missing") => Missing::Insufficient,
                Some("ignore") => Missing::Ignore,
                Some("breaching") => Missing::Breaching,
                Some("notBreaching") => Missing::NotBreaching,
                Some(other) => return Err(wrong("TreatMissingData", other)),
            },
            least_samples,
        })
    }
}
