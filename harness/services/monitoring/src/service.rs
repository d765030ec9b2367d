//! The service's operations by name, and what other services ask of its records.

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::Region;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::alarm::Alarm;
use crate::operations::{get_metric_statistics, list_metrics};
use crate::{CloudWatch, watch};

#[async_trait]
impl Service for CloudWatch {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        match operation {
            "GetMetricStatistics" => get_metric_statistics(call, &input).map(Reply::from),
            "ListMetrics" => list_metrics(call, &input).map(Reply::from),
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
        let tagged = |alarm: &Alarm| Tagged { arn: alarm.arn.clone(), tags: alarm.tags.pairs() };
        self.with(call.account(), |alarms| alarms.values().map(tagged).collect())
    }

    fn start(self: Arc<Self>, region: &Region) {
        let (region, since) = (region.clone(), watch::whole_minute(region.clock().now()));
        region.clone().tasks().spawn(async move { self.watch(&region, since).await });
    }
}
