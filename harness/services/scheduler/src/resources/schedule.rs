//! `AWS::Scheduler::Schedule`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

pub(super) struct Schedule;

#[async_trait]
impl ResourceProvider for Schedule {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Description",
                    "EndDate",
                    "FlexibleTimeWindow",
                    "GroupName",
                    "Name",
                    "ScheduleExpression",
                    "ScheduleExpressionTimezone",
                    "StartDate",
                    "State",
                    "Target",
                ],
                naming: Some("Name"),
                members: &[(
                    "Target",
                    &[
                        "Arn",
                        "DeadLetterConfig",
                        "DeadLetterConfig.Arn",
                        "EventBridgeParameters",
                        "EventBridgeParameters.DetailType",
                        "EventBridgeParameters.Source",
                        "Input",
                        "RetryPolicy",
                        "RetryPolicy.MaximumEventAgeInSeconds",
                        "RetryPolicy.MaximumRetryAttempts",
                        "RoleArn",
                        "SqsParameters",
                        "SqsParameters.MessageGroupId",
                    ],
                )],
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::Scheduler::Schedule")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 64);
        let made = context.make("scheduler", "CreateSchedule", input(&name, properties)).await?;
        context.exists(&name);
        Ok(MadeResource::new(&name, [("Arn", text(&made, "/ScheduleArn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        context.make("scheduler", "UpdateSchedule", input(&old.physical, properties)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({ "Name": made.physical, "GroupName": made.properties.get("GroupName") });
        context.read("scheduler", "GetSchedule", input, "").await
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({ "Name": made.physical, "GroupName": made.properties.get("GroupName") });
        context.unmake("scheduler", "DeleteSchedule", input).await
    }
}

fn input(name: &str, properties: &Value) -> Value {
    let mut input = pick(
        properties,
        &[
            "Description",
            "EndDate",
            "FlexibleTimeWindow",
            "GroupName",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "StartDate",
            "State",
            "Target",
        ],
    );
    input["Name"] = name.into();
    input
}
