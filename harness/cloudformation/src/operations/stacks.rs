//! Stacks, their resources and events, as they are shown.

use nightproof_core::document::whole_seconds;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{Stack, StackResource, stack_information};

/// `DescribeStacks`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStacks {
    stack_name: Option<String>,
}

/// `ListStacks`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListStacks {
    #[serde(default)]
    stack_status_filter: Vec<String>,
}

/// `DescribeStackEvents`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStackEvents {
    stack_name: Option<String>,
}

/// `DescribeStackResources`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStackResources {
    stack_name: Option<String>,
    logical_resource_id: Option<String>,
    physical_resource_id: Option<String>,
}

/// `DescribeStackResource`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStackResource {
    stack_name: String,
    logical_resource_id: String,
}

/// `ListStackResources`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListStackResources {
    stack_name: String,
}

/// `UpdateTerminationProtection`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateTerminationProtection.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateTerminationProtection {
    stack_name: String,
    enable_termination_protection: bool,
}

impl CloudFormation {
    pub(crate) fn describe_stacks(&self, call: &Call, input: DescribeStacks) -> Result<Value, AwsError> {
        let (service, account) = (self, call.account());
        let stacks: Vec<Value> = match input.stack_name {
            Some(name) => vec![service.read(account, &name, Stack::document)?],
            None => {
                let stacks = service.lock();
                let all = stacks.get(account).into_iter().flatten();
                all.filter(|stack| stack.deleted.is_none()).map(Stack::document).collect()
            }
        };
        Ok(json!({"Stacks": stacks}))
    }

    pub(crate) fn list_stacks(&self, call: &Call, input: ListStacks) -> Result<Value, AwsError> {
        let wanted = input.stack_status_filter;
        let account = call.account();
        let stacks = self.lock();
        let listed = stacks
            .get(account)
            .into_iter()
            .flatten()
            .rev()
            .filter(|stack| wanted.is_empty() || wanted.iter().any(|one| one == stack.status.word()));
        let summaries: Vec<Value> = listed
            .map(|stack| {
                json!({
                    "StackId": stack.id,
                    "StackName": stack.name,
                    "TemplateDescription": stack.description,
                    "CreationTime": whole_seconds(stack.created),
                    "LastUpdatedTime": stack.updated.map(whole_seconds),
                    "ParentId": stack.parent.as_ref().map(|parent| parent.id.as_str()),
                    "RootId": stack.parent.as_ref().map(|parent| parent.root.as_str()),
                    "DriftInformation": stack_information(&stack.detections),
                    "DeletionTime": stack.deleted.or(stack.rolled_back).map(whole_seconds),
                    "StackStatus": stack.status.word(),
                    "StackStatusReason": stack.reason,
                })
            })
            .collect();
        Ok(json!({"StackSummaries": summaries}))
    }

    pub(crate) fn describe_stack_events(&self, call: &Call, input: DescribeStackEvents) -> Result<Value, AwsError> {
        let name = input.stack_name.unwrap_or_default();
        let events = self.look_up(call.account(), &name, |stack| stack.events.clone());
        let mut events = events.ok_or_else(|| validation(format!("Stack [{name}] does not exist")))?;
        events.reverse();
        Ok(json!({"StackEvents": events}))
    }

    pub(crate) fn describe_stack_resources(&self, call: &Call, input: DescribeStackResources) -> Result<Value, AwsError> {
        let (service, account) = (self, call.account());
        let wanted = input.logical_resource_id.as_deref();
        let described = |stack: &Stack| {
            let found = stack.resources.iter().filter(|resource| wanted.is_none_or(|wanted| resource.id == wanted));
            let described = found.map(|resource| {
                let mut document = resource.document();
                document["StackId"] = stack.id.as_str().into();
                document["StackName"] = stack.name.as_str().into();
                document["Timestamp"] = resource.changed.to_string().into();
                document
            });
            described.collect::<Vec<_>>()
        };
        let resources = match (input.stack_name.as_deref(), input.physical_resource_id.as_deref()) {
            (Some(name), _) => service.read(account, name, described)?,
            (None, Some(physical)) => {
                let has = |stack: &Stack| {
                    stack.resources.iter().any(|resource| resource.made.as_ref().is_some_and(|made| made.physical == physical))
                };
                let stacks = service.lock();
                let found = stacks.get(account).into_iter().flatten().rev().find(|stack| has(stack));
                found.map(described).ok_or_else(|| validation(format!("Stack for {physical} does not exist")))?
            }
            (None, None) => {
                return Err(validation("Either StackName or PhysicalResourceId must be specified"));
            }
        };
        Ok(json!({"StackResources": resources}))
    }

    pub(crate) fn describe_stack_resource(&self, call: &Call, input: DescribeStackResource) -> Result<Value, AwsError> {
        let (name, wanted) = (input.stack_name.as_str(), input.logical_resource_id.as_str());
        let described = |stack: &Stack| {
            let resource = stack.resources.iter().find(|resource| resource.id == wanted);
            let resource = resource.ok_or_else(|| validation(format!("Resource {wanted} does not exist for stack {name}")))?;
            let mut document = resource.document();
            document["StackId"] = stack.id.as_str().into();
            document["StackName"] = stack.name.as_str().into();
            document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
            document["Metadata"] = resource.metadata.as_deref().unwrap_or("{}").into();
            Ok(document)
        };
        let detail = self.look_up(call.account(), name, described);
        let detail = detail.ok_or_else(|| validation(format!("Stack '{name}' does not exist")))??;
        Ok(json!({"StackResourceDetail": detail}))
    }

    pub(crate) fn list_stack_resources(&self, call: &Call, input: ListStackResources) -> Result<Value, AwsError> {
        let summary = |resource: &StackResource| {
            let mut document = resource.document();
            document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
            document
        };
        let listed = |stack: &Stack| stack.resources.iter().map(summary).collect::<Vec<_>>();
        let summaries = self.read(call.account(), &input.stack_name, listed)?;
        Ok(json!({"StackResourceSummaries": summaries}))
    }

    pub(crate) fn update_termination_protection(
        &self,
        call: &Call,
        input: UpdateTerminationProtection,
    ) -> Result<Value, AwsError> {
        let stack = self.find(call.account(), &input.stack_name)?;
        let on = input.enable_termination_protection;
        self.with(call.account(), &stack.id, |stack| stack.protected = on);
        Ok(json!({"StackId": stack.id}))
    }
}
