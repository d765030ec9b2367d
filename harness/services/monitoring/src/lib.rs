//! The service `monitoring`, CloudWatch: what EventBridge counts of rules (TriggeredRules, Invocations, FailedInvocations,
//! InvocationsSentToDlq), Lambda of functions (Invocations, Errors, Duration) and SNS of topics, and alarms on it. On AWS metrics come
//! minutes later; here they are there at once. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>

mod action;
mod alarm;
mod alarm_operations;
#[cfg(test)]
mod alarm_tests;
mod evaluation;
mod resources;
mod statistics;
mod tags;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::document::Members as _;
use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch as channel;

use alarm::Alarm;
pub use resources::resource_types;

/// The service `monitoring`. It keeps alarms; services count into the region.
#[derive(Debug)]
pub struct CloudWatch {
    /// Alarms by account and name.
    alarms: Mutex<HashMap<String, BTreeMap<String, Alarm>>>,
    /// The moment up to which alarms have been evaluated and have told of it.
    evaluated: channel::Sender<Timestamp>,
}

impl CloudWatch {
    /// A service that tells what is counted in the region that it is called in.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { alarms: Mutex::default(), evaluated: channel::Sender::new(Timestamp::MIN) })
    }

    fn with<T>(&self, account: &str, act: impl FnOnce(&mut BTreeMap<String, Alarm>) -> T) -> T {
        let mut alarms = self.alarms.lock();
        act(alarms.entry(account.to_owned()).or_default())
    }

    fn accounts(&self) -> Vec<String> {
        self.alarms.lock().keys().cloned().collect()
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterValue", 400, message)
}

#[async_trait]
impl Service for CloudWatch {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        match operation {
            "GetMetricStatistics" => statistics::get(call, &input).map(Reply::from),
            "ListMetrics" => list(call, &input).map(Reply::from),
            "PutMetricAlarm" => self.put_metric_alarm(call, &input).await.map(Reply::from),
            "DescribeAlarms" => self.describe_alarms(call, &input).map(Reply::from),
            "DeleteAlarms" => Ok(self.delete_alarms(call, &input).into()),
            "EnableAlarmActions" => Ok(self.enable_actions(call, &input, true).into()),
            "DisableAlarmActions" => Ok(self.enable_actions(call, &input, false).into()),
            "SetAlarmState" => self.set_alarm_state(call, &input).await.map(Reply::from),
            "TagResource" => self.tag(call, &input).map(Reply::from),
            "UntagResource" => self.untag(call, &input).map(Reply::from),
            "ListTagsForResource" => self.list_tags(call, &input).map(Reply::from),
            _ => Err(AwsError::not_implemented("monitoring", operation)),
        }
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let tagged = |alarm: &Alarm| Tagged { arn: alarm.arn.clone(), tags: alarm.tags.clone().into_iter().collect() };
        self.with(call.account(), |alarms| alarms.values().map(tagged).collect())
    }

    fn start(self: Arc<Self>, region: &Region) {
        let (region, since) = (region.clone(), watch::whole_minute(region.clock().now()));
        region.clone().tasks().spawn(async move { self.watch(&region, since).await });
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
