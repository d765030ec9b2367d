//! `AWS::CloudWatch::Alarm`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, TagChange, tag_list};
use serde_json::{Value, json};

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
        let name = context.name_or(properties, "AlarmName", 255);
        let mut input = alarm(&name, properties);
        input["Tags"] = tag_list(properties, "Key", "Value");
        context.make("monitoring", "PutMetricAlarm", input).await?;
        context.exists(&name);
        Ok(MadeResource::new(name.as_str(), [("Arn", arn(context, &name).into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        let input = alarm(name, properties);
        if alarm(name, before) != input {
            // Putting an alarm replaces all of it but its tags and state.
            context.make("monitoring", "PutMetricAlarm", input).await?;
        }
        TagChange::between(before, properties).apply(context, "monitoring", ("ResourceARN", &arn(context, name))).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("monitoring", "DeleteAlarms", json!({ "AlarmNames": [made.physical] })).await
    }
}

/// The input of `PutMetricAlarm`: the properties as they are, without tags.
fn alarm(name: &str, properties: &Value) -> Value {
    let mut input = properties.clone();
    input["Tags"] = Value::Null;
    input["AlarmName"] = name.into();
    input
}

fn arn(context: &Context, name: &str) -> String {
    context.arn("cloudwatch", format!("alarm:{name}"))
}
