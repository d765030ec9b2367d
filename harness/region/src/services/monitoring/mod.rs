//! The service `monitoring`, CloudWatch: what EventBridge counts of rules (TriggeredRules, Invocations, FailedInvocations,
//! InvocationsSentToDlq) and Lambda of functions (Invocations, Errors, Duration). On AWS they come minutes later; here they are there at
//! once. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>

mod statistics;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::metrics::Metric;
use crate::service::{AwsError, Body, Call, Reply, Service};
use crate::services::document::Members as _;

/// The service `monitoring`. It keeps nothing: services count into the region.
#[derive(Debug, Default)]
pub struct CloudWatch;

impl CloudWatch {
    /// A service that tells what is counted in the region that it is called in.
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Service for CloudWatch {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        match operation {
            "GetMetricStatistics" => statistics::get(call, &input).map(Reply::from),
            "ListMetrics" => list(call, &input).map(Reply::from),
            _ => Err(AwsError::not_implemented("monitoring", operation)),
        }
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>
fn list(call: &Call, input: &Value) -> Result<Value, AwsError> {
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
