//! Metric filters.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid, no_group};
use crate::filter_pattern::FilterPattern;
use crate::metric_filter::{MetricFilter, MetricTransformation};
use crate::page::page;
use crate::records::Logs;

/// Metric filters of a group.
const MOST: usize = 100;

/// `PutMetricFilter`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutMetricFilter {
    log_group_name: String,
    filter_name: String,
    filter_pattern: String,
    metric_transformations: Vec<MetricTransformation>,
}

/// `DescribeMetricFilters`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeMetricFilters.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeMetricFilters {
    log_group_name: Option<String>,
    filter_name_prefix: Option<String>,
    metric_name: Option<String>,
    metric_namespace: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

/// `DeleteMetricFilter`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteMetricFilter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteMetricFilter {
    log_group_name: String,
    filter_name: String,
}

/// `TestMetricFilter`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestMetricFilter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestMetricFilter {
    filter_pattern: String,
    log_event_messages: Vec<String>,
}

impl Logs {
    /// It counts the events that come from now on.
    pub(crate) fn put_metric_filter(&self, call: &Call, input: PutMetricFilter) -> Result<Value, AwsError> {
        let pattern = FilterPattern::parse(&input.filter_pattern)?;
        let transformation =
            input.metric_transformations.into_iter().next().ok_or_else(|| invalid("metricTransformations is missing."))?;
        if !transformation.dimensions.is_empty() && transformation.default_value.is_some() {
            return Err(invalid("Invalid metric transformation: default value and dimensions are mutually exclusive."));
        }
        let value = &transformation.metric_value;
        if !value.starts_with('$') && value.parse::<f64>().is_err() {
            return Err(invalid(format!(
                "Invalid metric transformation: metricValue '{value}' is neither a number nor a field."
            )));
        }
        let filter = MetricFilter {
            name: input.filter_name,
            pattern_text: input.filter_pattern,
            pattern,
            transformation,
            created: call.now,
        };
        self.groups(call, |groups| {
            let group = groups.get_mut(&input.log_group_name).ok_or_else(no_group)?;
            if group.metric_filters.len() >= MOST && !group.metric_filters.contains_key(&filter.name) {
                return Err(AwsError::new("LimitExceededException", 400, "Resource limit exceeded."));
            }
            group.metric_filters.insert(filter.name.clone(), filter);
            Ok(json!({}))
        })
    }

    pub(crate) fn describe_metric_filters(&self, call: &Call, input: DescribeMetricFilters) -> Result<Value, AwsError> {
        if input.metric_name.is_some() != input.metric_namespace.is_some() {
            return Err(invalid("metricName and metricNamespace must be given together."));
        }
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let wanted = |filter: &&MetricFilter| {
            input.filter_name_prefix.as_ref().is_none_or(|prefix| filter.name.starts_with(prefix))
                && is(&input.metric_name, &filter.transformation.metric_name)
                && is(&input.metric_namespace, &filter.transformation.metric_namespace)
        };
        let mut found = self.groups(call, |groups| {
            if input.log_group_name.as_ref().is_some_and(|name| !groups.contains_key(name)) {
                return Err(no_group());
            }
            let of_group = groups.values().filter(|group| is(&input.log_group_name, &group.name));
            let filters = of_group.flat_map(|group| {
                let filters = group.metric_filters.values().filter(wanted);
                filters.map(|filter| (filter.name.clone(), filter.describe(&group.name)))
            });
            Ok(filters.collect::<Vec<_>>())
        })?;
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        let filters = found.into_iter().map(|(_, filter)| filter).collect();
        page(filters, "metricFilters", input.limit, input.next_token.as_deref())
    }

    pub(crate) fn delete_metric_filter(&self, call: &Call, input: DeleteMetricFilter) -> Result<Value, AwsError> {
        self.groups(call, |groups| {
            let group = groups.get_mut(&input.log_group_name).ok_or_else(no_group)?;
            let missing = || AwsError::new("ResourceNotFoundException", 400, "The specified metric filter does not exist.");
            group.metric_filters.remove(&input.filter_name).map(|_| json!({})).ok_or_else(missing)
        })
    }

    /// Which messages a pattern matches, and the values that it takes of them.
    pub(crate) fn test_metric_filter(&self, _call: &Call, input: TestMetricFilter) -> Result<Value, AwsError> {
        let pattern = FilterPattern::parse(&input.filter_pattern)?;
        let matches = input.log_event_messages.iter().zip(1..).filter_map(|(message, number)| {
            let values = pattern.extract(message)?;
            Some(json!({ "eventNumber": number, "eventMessage": message, "extractedValues": values }))
        });
        Ok(json!({ "matches": matches.collect::<Vec<_>>() }))
    }
}
