//! ListMetrics.

use jiff::SignedDuration;
use nightproof_core::metrics::Metric;
use nightproof_core::page::page;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{check_enum, invalid};
use crate::records::CloudWatch;

/// Metrics on a page.
const PAGE: usize = 500;
/// Metrics without values for longer are not listed.
const ACTIVE: SignedDuration = SignedDuration::from_hours(14 * 24);
const RECENTLY_ACTIVE: SignedDuration = SignedDuration::from_hours(3);

/// `ListMetrics`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListMetrics {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<DimensionFilter>,
    next_token: Option<String>,
    recently_active: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DimensionFilter {
    name: String,
    value: Option<String>,
}

impl CloudWatch {
    pub(crate) fn list_metrics(&self, call: &Call, input: ListMetrics) -> Result<Value, AwsError> {
        check_enum(input.recently_active.as_deref(), "recentlyActive", &["PT3H"])?;
        let age = if input.recently_active.is_some() { RECENTLY_ACTIVE } else { ACTIVE };
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let has = |metric: &Metric, filter: &DimensionFilter| {
            metric.dimension(&filter.name).is_some_and(|value| is(&filter.value, value))
        };
        let wanted = |metric: &Metric| {
            is(&input.namespace, &metric.namespace)
                && is(&input.metric_name, &metric.name)
                && input.dimensions.iter().all(|filter| has(metric, filter))
        };
        let described = |metric: Metric| {
            let dimensions: Vec<Value> =
                metric.dimensions().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
            json!({ "Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions })
        };
        let since = call.now.checked_sub(age).unwrap_or(call.now);
        let found = call.region.metrics().active(call.account(), since);
        let metrics = found.into_iter().filter(wanted).map(described).collect();
        page("Metrics", metrics, input.next_token.as_deref(), PAGE, || invalid("The value for parameter NextToken is invalid."))
    }
}
