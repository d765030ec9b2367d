//! `AWS::SSM::MaintenanceWindowTask`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-maintenancewindowtask.html>

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Map, Value, json};

pub(super) struct MaintenanceWindowTask;

#[async_trait]
impl ResourceProvider for MaintenanceWindowTask {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "CutoffBehavior",
                    "Description",
                    "LoggingInfo",
                    "MaxConcurrency",
                    "MaxErrors",
                    "Name",
                    "Priority",
                    "ServiceRoleArn",
                    "Targets",
                    "TaskArn",
                    "TaskInvocationParameters",
                    "TaskType",
                    "WindowId",
                ],
                members: &[(
                    "TaskInvocationParameters",
                    &[
                        "MaintenanceWindowAutomationParameters",
                        "MaintenanceWindowAutomationParameters.DocumentVersion",
                        "MaintenanceWindowAutomationParameters.Parameters",
                        "MaintenanceWindowAutomationParameters.Parameters.*",
                        "MaintenanceWindowLambdaParameters",
                        "MaintenanceWindowLambdaParameters.ClientContext",
                        "MaintenanceWindowLambdaParameters.Payload",
                        "MaintenanceWindowLambdaParameters.Qualifier",
                        "MaintenanceWindowRunCommandParameters",
                        "MaintenanceWindowRunCommandParameters.CloudWatchOutputConfig",
                        "MaintenanceWindowRunCommandParameters.CloudWatchOutputConfig.CloudWatchLogGroupName",
                        "MaintenanceWindowRunCommandParameters.CloudWatchOutputConfig.CloudWatchOutputEnabled",
                        "MaintenanceWindowRunCommandParameters.Comment",
                        "MaintenanceWindowRunCommandParameters.DocumentVersion",
                        "MaintenanceWindowRunCommandParameters.OutputS3BucketName",
                        "MaintenanceWindowRunCommandParameters.OutputS3KeyPrefix",
                        "MaintenanceWindowRunCommandParameters.Parameters",
                        "MaintenanceWindowRunCommandParameters.Parameters.*",
                        "MaintenanceWindowRunCommandParameters.TimeoutSeconds",
                        "MaintenanceWindowStepFunctionsParameters",
                        "MaintenanceWindowStepFunctionsParameters.Input",
                        "MaintenanceWindowStepFunctionsParameters.Name",
                    ],
                )],
                attributes: &["WindowTaskId"],
                ..ResourceFacts::new("AWS::SSM::MaintenanceWindowTask")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = settings(properties);
        input["TaskType"] = properties.get("TaskType").cloned().unwrap_or_default();
        let made = context.make("ssm", "RegisterTaskWithMaintenanceWindow", input).await?;
        let id = text(&made, "/WindowTaskId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("WindowTaskId", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = settings(properties);
        input["WindowTaskId"] = old.physical.as_str().into();
        input["Replace"] = true.into();
        context.make("ssm", "UpdateMaintenanceWindowTask", input).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({ "WindowId": made.properties.get("WindowId"), "WindowTaskId": made.physical });
        context.unmake("ssm", "DeregisterTaskFromMaintenanceWindow", input).await
    }
}

/// What registering and changing a task take.
fn settings(properties: &Value) -> Value {
    let mut input = pick(
        properties,
        &[
            "CutoffBehavior",
            "Description",
            "MaxConcurrency",
            "MaxErrors",
            "Name",
            "Priority",
            "ServiceRoleArn",
            "Targets",
            "TaskArn",
            "WindowId",
        ],
    );
    if let Some(logging) = properties.get("LoggingInfo") {
        let mut info = Map::new();
        for (name, of_type) in [("S3BucketName", "S3Bucket"), ("S3KeyPrefix", "S3Prefix"), ("S3Region", "Region")] {
            info.extend(logging.get(of_type).map(|value| (name.to_owned(), value.clone())));
        }
        input["LoggingInfo"] = info.into();
    }
    if let Some(parameters) = properties.get("TaskInvocationParameters") {
        let of = |kind: &str| parameters.get(format!("MaintenanceWindow{kind}Parameters"));
        let mut given = Map::new();
        for kind in ["Automation", "RunCommand", "StepFunctions"] {
            given.extend(of(kind).map(|value| (kind.to_owned(), value.clone())));
        }
        if let Some(lambda) = of("Lambda") {
            let mut lambda = lambda.clone();
            // A text in a template, bytes in a call.
            if let Some(payload) = lambda.get("Payload").and_then(Value::as_str) {
                lambda["Payload"] = STANDARD.encode(payload).into();
            }
            given.insert("Lambda".to_owned(), lambda);
        }
        input["TaskInvocationParameters"] = given.into();
    }
    input
}
