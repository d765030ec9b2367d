//! Showing what a stack would make, before it makes it.

use async_recursion::async_recursion;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::{quotas, stack, template_source};
use crate::chain::failure::{HopFailure, at, refused};
use crate::cleanup::destroy;
use crate::steps::package;
use crate::steps::reviewer::{Change, ResourceEvent};
use crate::{Failure, FailurePoint, Hop, Plan};

const NAME: &str = "nightproof";
const BOUND: std::time::Duration = std::time::Duration::from_secs(300);

/// What the plan's stack would make. Nothing of it is left.
///
/// # Errors
/// Why AWS would not.
#[async_recursion]
pub async fn preview(plan: &Plan) -> Result<Vec<Change>, Failure> {
    let client = DynamicClient::new(&plan.endpoint);
    let name = plan.stack();
    let changes = packaged(&client, plan, &name).await;
    // The stack under review exists, with nothing in it.
    let removed = stack::delete(&client, &name).await.map_err(at(FailurePoint::Drill, "DeleteStack"));
    // So may the bucket that the template went through, or what it names.
    let emptied = match plan.provisions.package.is_some() || template_source::is_large(&plan.template) {
        true => destroy::remove_bucket(&client, &plan.seed_bucket()).await,
        false => Ok(()),
    };
    let changes = changes?;
    removed?;
    emptied?;
    Ok(changes)
}

/// The changes that the plan's stack would make once what its template names is uploaded.
async fn packaged(client: &DynamicClient, plan: &Plan, name: &str) -> Result<Vec<Change>, HopFailure> {
    match &plan.provisions.package {
        None => create(client, plan, name).await,
        Some(package) => {
            let template = package::package(client, plan, package.as_ref()).await?;
            create(client, &Plan { template, ..plan.clone() }, name).await
        }
    }
}

/// Makes the change set of a new stack, and tells what is in it, if the account may have that much.
pub(crate) async fn create(client: &DynamicClient, plan: &Plan, stack: &str) -> Result<Vec<Change>, HopFailure> {
    let mut input = input(client, plan, stack).await?;
    if let Some(members) = input.as_object_mut() {
        members.extend([("ChangeSetType".to_owned(), "CREATE".into()), ("ChangeSetName".to_owned(), NAME.into())]);
    }
    let created = client.ask("cloudformation", "CreateChangeSet", &input).await;
    created.map_err(at(Hop::Stack, "CreateChangeSet"))?;
    let ended = nightproof_poll::try_until(BOUND, || async {
        let answer: ChangeSet = client
            .read("cloudformation", "DescribeChangeSet", &named(stack))
            .await
            .map_err(at(Hop::Stack, "DescribeChangeSet"))?;
        match answer.status.as_str() {
            "CREATE_COMPLETE" => Ok(Ok(())),
            "FAILED" => {
                let reason = answer.status_reason.unwrap_or_else(|| "no reason given".to_owned());
                Err(HopFailure::at(Hop::Stack, reason))
            }
            _ => Ok(Err(answer.status)),
        }
    })
    .await?;
    ended.map_err(|seen| HopFailure::at(Hop::Stack, format!("the change set is {seen} after {} s", BOUND.as_secs())))?;
    let changes = changes(client, stack).await?;
    quotas::check(client, plan, &changes).await?;
    Ok(changes)
}

async fn changes(client: &DynamicClient, stack: &str) -> Result<Vec<Change>, HopFailure> {
    let mut found = Vec::<ChangeOf>::new();
    let all = client.pages("cloudformation", "DescribeChangeSet", named(stack), "Changes", &mut found).await;
    all.map_err(at(Hop::Stack, "DescribeChangeSet"))?;
    let changes = found.into_iter().filter_map(|change| change.resource_change).map(|change| Change {
        action: change.action,
        logical_id: change.logical_resource_id,
        kind: change.resource_type,
    });
    Ok(changes.collect())
}

/// Has the change set done.
pub(crate) async fn execute(client: &DynamicClient, stack: &str) -> Result<(), HopFailure> {
    let executed = client.ask("cloudformation", "ExecuteChangeSet", &named(stack)).await;
    executed.map(drop).map_err(at(Hop::Stack, "ExecuteChangeSet"))
}

/// The events of a stack, latest first.
pub(crate) async fn events(client: &DynamicClient, name: &str) -> Result<Vec<ResourceEvent>, String> {
    let mut found = Vec::new();
    stack::events(client, name, &mut found).await.map_err(|error| refused("DescribeStackEvents", &error))?;
    let events = found.into_iter().map(|event| ResourceEvent {
        id: event.event_id,
        logical_id: event.logical_resource_id,
        kind: event.resource_type,
        status: event.resource_status,
        reason: event.resource_status_reason,
    });
    Ok(events.collect())
}

/// All that CloudFormation wants acknowledged: a template may make roles, give them names, and use macros.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub(crate) const CAPABILITIES: [&str; 3] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/// The members that making a stack and making its change set share: the plan's template, parameters and tags.
pub(crate) async fn input(client: &DynamicClient, plan: &Plan, stack: &str) -> Result<Value, HopFailure> {
    let parameter = |(key, value): &(String, String)| json!({ "ParameterKey": key, "ParameterValue": value });
    let (member, template) = template_source::member(client, plan, &plan.template).await?;
    let own = plan.provisions.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    Ok(json!({
        "StackName": stack,
        member: template,
        "Parameters": plan.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "Capabilities": CAPABILITIES,
        "Tags": plan.tags().chain(own).map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
    }))
}

/// The change set of a stack.
fn named(stack: &str) -> Value {
    json!({ "ChangeSetName": NAME, "StackName": stack })
}

/// A change set. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ChangeSet {
    status: String,
    status_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ChangeOf {
    resource_change: Option<ResourceChange>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ResourceChange {
    action: String,
    logical_resource_id: String,
    resource_type: String,
}
