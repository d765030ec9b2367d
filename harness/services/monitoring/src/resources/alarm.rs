//! `AWS::CloudWatch::Alarm`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result};
use serde_json::Value;

use super::alarm_calls;

pub(super) struct Alarm;

#[async_trait]
impl ResourceProvider for Alarm {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "ActionsEnabled",
                    "AlarmActions",
                    "AlarmDescription",
                    "AlarmName",
                    "ComparisonOperator",
                    "DatapointsToAlarm",
                    "Dimensions",
                    "EvaluateLowSampleCountPercentile",
                    "EvaluationPeriods",
                    "ExtendedStatistic",
                    "InsufficientDataActions",
                    "MetricName",
                    "Metrics",
                    "Namespace",
                    "OKActions",
                    "Period",
                    "Statistic",
                    "Tags",
                    "Threshold",
                    "TreatMissingData",
                    "Unit",
                ],
                naming: Some("AlarmName"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::CloudWatch::Alarm")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        alarm_calls::create(context, "PutMetricAlarm", properties).await
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        alarm_calls::update(context, "PutMetricAlarm", old, properties).await
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        alarm_calls::read(context, "MetricAlarm", "MetricAlarms", made).await
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        alarm_calls::delete(context, made).await
    }
}
