//! `AWS::CloudWatch::CompositeAlarm`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result};
use serde_json::Value;

use super::alarm_calls;

pub(super) struct CompositeAlarm;

#[async_trait]
impl ResourceProvider for CompositeAlarm {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "ActionsEnabled",
                    "ActionsSuppressor",
                    "ActionsSuppressorExtensionPeriod",
                    "ActionsSuppressorWaitPeriod",
                    "AlarmActions",
                    "AlarmDescription",
                    "AlarmName",
                    "AlarmRule",
                    "InsufficientDataActions",
                    "OKActions",
                    "Tags",
                ],
                naming: Some("AlarmName"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::CloudWatch::CompositeAlarm")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        alarm_calls::create(context, "PutCompositeAlarm", properties).await
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        alarm_calls::update(context, "PutCompositeAlarm", old, properties).await
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        alarm_calls::read(context, "CompositeAlarm", "CompositeAlarms", made).await
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        alarm_calls::delete(context, made).await
    }
}
