//! `AWS::AutoScaling::LifecycleHook`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-lifecyclehook.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick};
use serde_json::{Value, json};

use super::gone::unmake;

pub(super) struct LifecycleHook;

const MEMBERS: [&str; 5] =
    ["AutoScalingGroupName", "DefaultResult", "HeartbeatTimeout", "LifecycleTransition", "NotificationMetadata"];

#[async_trait]
impl ResourceProvider for LifecycleHook {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AutoScalingGroupName",
                    "DefaultResult",
                    "HeartbeatTimeout",
                    "LifecycleHookName",
                    "LifecycleTransition",
                    "NotificationMetadata",
                ],
                naming: Some("LifecycleHookName"),
                ..ResourceFacts::new("AWS::AutoScaling::LifecycleHook")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "LifecycleHookName", 255);
        put(context, &name, properties).await?;
        context.exists(&name);
        Ok(MadeResource::new(&name, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({
            "LifecycleHookName": made.physical, "AutoScalingGroupName": made.properties.get("AutoScalingGroupName"),
        });
        unmake(context, "DeleteLifecycleHook", input).await
    }
}

/// A hook keeps what is not said of it: what a template says no longer is set back.
async fn put(context: &Context, name: &str, properties: &Value) -> Result<()> {
    let mut input = pick(properties, &MEMBERS);
    input["LifecycleHookName"] = name.into();
    for (member, default) in [("HeartbeatTimeout", json!(3600)), ("DefaultResult", json!("ABANDON"))] {
        if input.get(member).is_none() {
            input[member] = default;
        }
    }
    context.make("autoscaling", "PutLifecycleHook", input).await.map(drop)
}
