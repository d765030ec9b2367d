//! `AWS::AutoScaling::ScheduledAction`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-scheduledaction.html>

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick};
use serde_json::{Value, json};

use super::gone::unmake;

pub(super) struct ScheduledAction;

const MEMBERS: &[&str] =
    &["AutoScalingGroupName", "DesiredCapacity", "EndTime", "MaxSize", "MinSize", "Recurrence", "StartTime", "TimeZone"];

#[async_trait]
impl ResourceProvider for ScheduledAction {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: MEMBERS,
                attributes: &["ScheduledActionName"],
                ..ResourceFacts::new("AWS::AutoScaling::ScheduledAction")
            }
        }
    }

    /// Templates cannot name one: CloudFormation does.
    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(&Value::Null, "ScheduledActionName", 255);
        put(context, &name, properties).await?;
        context.exists(&name);
        Ok(MadeResource::new(&name, [("ScheduledActionName", name.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    /// One that has run its last is gone by itself.
    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({
            "ScheduledActionName": made.physical, "AutoScalingGroupName": made.properties.get("AutoScalingGroupName"),
        });
        unmake(context, "DeleteScheduledAction", input).await
    }
}

async fn put(context: &Context, name: &str, properties: &Value) -> Result<()> {
    let mut input = pick(properties, MEMBERS);
    input["ScheduledActionName"] = name.into();
    let unknown = |error: &AwsError| error.message.starts_with("AutoScalingGroup name not found");
    context.make_once_known("autoscaling", "PutScheduledUpdateGroupAction", input, unknown).await.map(drop)
}
