//! ListMetrics.

use nightproof_core::document::Members as _;
use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>
pub(crate) fn list_metrics(call: &Call, input: &Value) -> Result<Value, AwsError> {
    if let Some(member) = ["IncludeLinkedAccounts", "OwningAccount", "RecentlyActive"].into_iter().find(|name| input.has(name)) {
        return Err(AwsError::not_implemented("monitoring", &format!("ListMetrics with {member}")));
    }
    let is = |wanted: Option<&str>, value: &str| wanted.is_none_or(|wanted| wanted == value);
    let has = |metric: &Metric, filter: &Value| {
        let (name, value) = &metric.dimension;
        filter.required("Name") == *name && is(filter.text("Value"), value)
    };
    let wanted = |metric: &Metric| {
        is(input.text("Namespace"), metric.namespace)
            && is(input.text("MetricName"), metric.name)
            && input.list("Dimensions").iter().all(|filter| has(metric, filter))
    };
    let described = |metric: Metric| {
        let (name, value) = metric.dimension;
        json!({ "Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": [{ "Name": name, "Value": value }] })
    };
    let found = call.region.metrics().of(call.account());
    Ok(json!({ "Metrics": found.into_iter().filter(wanted).map(described).collect::<Vec<_>>() }))
}
