//! The service's operations by name, and what other services ask of its records.

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::request_tags::{ListTagsForResource, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use nightproof_core::{Region, operations};
use serde_json::Value;

use crate::CloudWatch;
use crate::operations::alarm_history::{DescribeAlarmHistory, DescribeAlarmsForMetric};
use crate::operations::alarms::{DeleteAlarms, DescribeAlarms, DisableAlarmActions, EnableAlarmActions, SetAlarmState};
use crate::operations::dashboards::{DeleteDashboards, GetDashboard, ListDashboards, PutDashboard};
use crate::operations::get_metric_data::GetMetricData;
use crate::operations::get_metric_statistics::GetMetricStatistics;
use crate::operations::list_metrics::ListMetrics;
use crate::operations::put_composite_alarm::PutCompositeAlarm;
use crate::operations::put_metric_alarm::PutMetricAlarm;
use crate::operations::put_metric_data::PutMetricData;

// The IAM prefix of this service is `cloudwatch`. Metrics are of the account; alarms and dashboards are resources, which are named in full,
// since their ARNs begin with that prefix.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>
operations!("monitoring", CloudWatch:
    DeleteAlarms => delete_alarms: ["cloudwatch:DeleteAlarms arn:aws:cloudwatch:$region:$account:alarm:{AlarmNames}"],
    DeleteDashboards => delete_dashboards: ["cloudwatch:DeleteDashboards arn:aws:cloudwatch::$account:dashboard/{DashboardNames}"],
    DescribeAlarmHistory => describe_alarm_history:
        ["cloudwatch:DescribeAlarmHistory arn:aws:cloudwatch:$region:$account:alarm:{AlarmName}"],
    DescribeAlarms => describe_alarms: ["cloudwatch:DescribeAlarms arn:aws:cloudwatch:$region:$account:alarm:{AlarmNames}"],
    DescribeAlarmsForMetric => describe_alarms_for_metric: ["cloudwatch:DescribeAlarmsForMetric *"],
    DisableAlarmActions => disable_alarm_actions:
        ["cloudwatch:DisableAlarmActions arn:aws:cloudwatch:$region:$account:alarm:{AlarmNames}"],
    EnableAlarmActions => enable_alarm_actions:
        ["cloudwatch:EnableAlarmActions arn:aws:cloudwatch:$region:$account:alarm:{AlarmNames}"],
    GetDashboard => get_dashboard: ["cloudwatch:GetDashboard arn:aws:cloudwatch::$account:dashboard/{DashboardName}"],
    GetMetricData => get_metric_data: ["cloudwatch:GetMetricData *"],
    GetMetricStatistics => get_metric_statistics: ["cloudwatch:GetMetricStatistics *"],
    ListDashboards => list_dashboards: ["cloudwatch:ListDashboards *"],
    ListMetrics => list_metrics: ["cloudwatch:ListMetrics *"],
    ListTagsForResource => list_tags_for_resource: ["cloudwatch:ListTagsForResource {ResourceARN}"],
    PutCompositeAlarm => put_composite_alarm.await: [
        "cloudwatch:PutCompositeAlarm arn:aws:cloudwatch:$region:$account:alarm:{AlarmName}",
        "cloudwatch:TagResource arn:aws:cloudwatch:$region:$account:alarm:{AlarmName} ?Tags"
    ],
    PutDashboard => put_dashboard: [
        "cloudwatch:PutDashboard arn:aws:cloudwatch::$account:dashboard/{DashboardName}",
        "cloudwatch:TagResource arn:aws:cloudwatch::$account:dashboard/{DashboardName} ?Tags"
    ],
    PutMetricAlarm => put_metric_alarm: [
        "cloudwatch:PutMetricAlarm arn:aws:cloudwatch:$region:$account:alarm:{AlarmName}",
        "cloudwatch:TagResource arn:aws:cloudwatch:$region:$account:alarm:{AlarmName} ?Tags"
    ],
    PutMetricData => put_metric_data: ["cloudwatch:PutMetricData * cloudwatch:namespace=Namespace"],
    SetAlarmState => set_alarm_state.await: ["cloudwatch:SetAlarmState arn:aws:cloudwatch:$region:$account:alarm:{AlarmName}"],
    TagResource => tag_resource: ["cloudwatch:TagResource {ResourceARN}"],
    UntagResource => untag_resource: ["cloudwatch:UntagResource {ResourceARN}"],
);

#[async_trait]
impl Service for CloudWatch {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.with(call.account(), |records| {
            let alarms = records.alarms.values().map(|one| (&one.configuration.arn, &one.tags));
            let all = alarms.chain(records.dashboards.values().map(|one| (&one.arn, &one.tags)));
            all.map(|(arn, tags)| Tagged { arn: arn.clone(), tags: tags.pairs() }).collect()
        })
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.with(account, |records| {
            let alarms = records.alarms.values().map(|one| (&one.configuration.arn, &one.tags));
            let mut all = alarms.chain(records.dashboards.values().map(|one| (&one.arn, &one.tags)));
            all.find(|(known, _)| *known == arn).map(|(_, tags)| tags.pairs()).unwrap_or_default()
        })
    }

    fn start(self: Arc<Self>, region: &Region) {
        let (region, since) = (region.clone(), region.clock().now());
        region.clone().tasks().spawn(async move { self.watch(&region, since).await });
    }
}
