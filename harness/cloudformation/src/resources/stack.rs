//! `AWS::CloudFormation::Stack`: a stack within a stack.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html>

use std::time::Duration;

use async_trait::async_trait;
use nightproof_core::document::Members as _;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result};
use serde_json::{Map, Value, json};

use crate::records::{Parent, Stack, StackStatus};
use crate::stack_record::worker;
use crate::worker::Worker;

/// How often the nested stack is looked at.
const PAUSE: Duration = Duration::from_millis(10);

pub(super) struct NestedStack;

#[async_trait]
impl ResourceProvider for NestedStack {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["NotificationARNs", "Parameters", "Tags", "TemplateURL", "TimeoutInMinutes"],
                attributes: &["Outputs.*"],
                ..ResourceFacts::new(crate::nested::NAME)
            }
        }
    }

    fn replaces(&self, _property: &str, _new: &Value) -> Option<bool> {
        Some(false)
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let worker = worker(context)?;
        let mut input = request(worker, properties);
        input["StackName"] = context.name(128).into();
        input["TimeoutInMinutes"] = properties["TimeoutInMinutes"].clone();
        // The stack around it decides what becomes of it.
        input["OnFailure"] = "DO_NOTHING".into();
        let answer = context.make("cloudformation", "CreateStack", input).await?;
        let id = answer.text("StackId").unwrap_or_default().to_owned();
        let root = worker.with(|stack| stack.parent.as_ref().map_or_else(|| stack.id.clone(), |parent| parent.root.clone()));
        let parent = Parent { id: worker.id.clone(), root: root.unwrap_or_default() };
        worker.service.with(context.account(), &id, |stack| stack.parent = Some(parent));
        context.exists(&id);
        let stack = at_rest(context, worker, &id).await?;
        match stack.status {
            StackStatus::CreateComplete => Ok(made(&stack)),
            _ => {
                let reason = stack.reason.unwrap_or_default();
                Err(format!("Embedded stack {id} was not successfully created: {}", reason.trim_end()))
            }
        }
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let worker = worker(context)?;
        let id = &old.physical;
        let mut input = request(worker, properties);
        input["StackName"] = id.as_str().into();
        let is_updated = match context.call("cloudformation", "UpdateStack", input).await {
            Ok(_) => true,
            Err(error) if error.message == crate::nested::NO_UPDATES => false,
            Err(error) => return Err(error.message),
        };
        let stack = at_rest(context, worker, id).await?;
        match stack.status {
            // It has taken itself back already.
            _ if !is_updated => Ok(made(&stack)),
            StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => Ok(made(&stack)),
            status => {
                let failed =
                    stack.events.iter().rev().find(|event| event.text("ResourceStatus") == Some("UPDATE_ROLLBACK_IN_PROGRESS"));
                let reason = failed.and_then(|event| event.text("ResourceStatusReason")).unwrap_or_default().trim_end();
                let status = status.word();
                Err(format!("Embedded stack {id} was not successfully updated. Currently in {status} with reason: {reason}"))
            }
        }
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let (worker, id) = (worker(context)?, &made.physical);
        context.unmake("cloudformation", "DeleteStack", json!({ "StackName": id })).await?;
        let stack = at_rest(context, worker, id).await?;
        match stack.status {
            StackStatus::DeleteComplete => Ok(()),
            _ => {
                let reason = stack.reason.unwrap_or_default();
                Err(format!("Embedded stack {id} was not successfully deleted: {}", reason.trim_end()))
            }
        }
    }
}

/// The members that a creation and an update have; capabilities and role are those of the stack around it.
fn request(worker: &Worker, properties: &Value) -> Value {
    let (capabilities, role) = worker.with(|stack| (stack.capabilities.clone(), stack.role.clone())).unwrap_or_default();
    let parameters = properties.get("Parameters").and_then(Value::as_object).into_iter().flatten();
    let parameters = parameters.map(|(name, value)| json!({"ParameterKey": name, "ParameterValue": text(value)}));
    json!({
        "TemplateURL": properties["TemplateURL"],
        "Parameters": parameters.collect::<Vec<_>>(),
        "Capabilities": capabilities,
        "Tags": properties.list("Tags").iter().filter(|tag| !tag.text("Key").unwrap_or_default().starts_with("aws:")).collect::<Vec<_>>(),
        "RoleARN": role,
        "NotificationARNs": properties["NotificationARNs"],
    })
}

/// A parameter's value: a list is one text.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

async fn at_rest(context: &Context, worker: &Worker, id: &str) -> Result<Stack> {
    loop {
        let stack = worker.service.find(context.account(), id).map_err(|error| error.message)?;
        if !stack.status.word().ends_with("IN_PROGRESS") {
            return Ok(stack);
        }
        if context.is_cancelled() {
            return Err("Resource creation cancelled".to_owned());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn made(stack: &Stack) -> MadeResource {
    let output = |output: &Value| Some((format!("Outputs.{}", output.text("OutputKey")?), output["OutputValue"].clone()));
    let attributes: Map<String, Value> = stack.outputs.iter().filter_map(output).collect();
    MadeResource { physical: stack.id.clone(), attributes, ..MadeResource::default() }
}
