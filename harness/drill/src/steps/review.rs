//! Showing what a stack would make, before it makes it.

use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType, Parameter, Tag};

use crate::account::clients::Clients;
use crate::account::quotas;
use crate::chain::failure::{HopFailure, at, refused};
use crate::steps::reviewer::{Change, ResourceEvent};
use crate::{Failure, FailurePoint, Hop, Plan};

const NAME: &str = "nightproof";
const BOUND: std::time::Duration = std::time::Duration::from_secs(300);

/// What the plan's stack would make. Nothing of it is left.
///
/// # Errors
/// Why AWS would not.
pub async fn preview(plan: &Plan) -> Result<Vec<Change>, Failure> {
    let clients = Clients::new(&plan.endpoint);
    let stack = plan.stack();
    let changes = create(&clients, plan, &stack).await;
    // The stack under review exists, with nothing in it.
    let removed =
        clients.cloudformation.delete_stack().stack_name(&stack).send().await.map_err(at(FailurePoint::Drill, "DeleteStack"));
    let changes = changes?;
    removed?;
    Ok(changes)
}

/// Makes the change set of a new stack, and tells what is in it, if the account may have that much.
pub(crate) async fn create(clients: &Clients, plan: &Plan, stack: &str) -> Result<Vec<Change>, HopFailure> {
    clients
        .cloudformation
        .create_change_set()
        .change_set_type(ChangeSetType::Create)
        .change_set_name(NAME)
        .stack_name(stack)
        .template_body(&plan.template)
        .set_parameters(Some(parameters(plan)))
        .set_capabilities(Some(capabilities()))
        .set_tags(Some(tags(plan)))
        .send()
        .await
        .map_err(at(Hop::Stack, "CreateChangeSet"))?;
    let ended = nightproof_poll::try_until(BOUND, || async {
        let answer = clients.cloudformation.describe_change_set().change_set_name(NAME).stack_name(stack).send().await;
        let answer = answer.map_err(at(Hop::Stack, "DescribeChangeSet"))?;
        match answer.status() {
            Some(ChangeSetStatus::CreateComplete) => Ok(Ok(())),
            Some(ChangeSetStatus::Failed) => Err(HopFailure::at(Hop::Stack, answer.status_reason().unwrap_or("no reason given"))),
            status => Ok(Err(status.map_or_else(String::new, ToString::to_string))),
        }
    })
    .await?;
    ended.map_err(|seen| HopFailure::at(Hop::Stack, format!("the change set is {seen} after {} s", BOUND.as_secs())))?;
    let changes = changes(clients, stack).await?;
    quotas::check(clients, plan, &changes).await?;
    Ok(changes)
}

async fn changes(clients: &Clients, stack: &str) -> Result<Vec<Change>, HopFailure> {
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let request = clients.cloudformation.describe_change_set().change_set_name(NAME).stack_name(stack);
        let answer = request.set_next_token(token).send().await.map_err(at(Hop::Stack, "DescribeChangeSet"))?;
        found.extend(answer.changes().iter().filter_map(|change| change.resource_change()).map(|change| Change {
            action: change.action().map(ToString::to_string).unwrap_or_default(),
            logical_id: change.logical_resource_id().unwrap_or_default().to_owned(),
            kind: change.resource_type().unwrap_or_default().to_owned(),
        }));
        token = answer.next_token().map(str::to_owned).filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Has the change set done.
pub(crate) async fn execute(clients: &Clients, stack: &str) -> Result<(), HopFailure> {
    let request = clients.cloudformation.execute_change_set().change_set_name(NAME).stack_name(stack);
    request.send().await.map(drop).map_err(at(Hop::Stack, "ExecuteChangeSet"))
}

/// The events of a stack, latest first, as far as one answer holds them.
pub(crate) async fn events(clients: &Clients, stack: &str) -> Result<Vec<ResourceEvent>, String> {
    let answer = clients.cloudformation.describe_stack_events().stack_name(stack).send().await;
    let answer = answer.map_err(|error| refused("DescribeStackEvents", &error))?;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let events = answer.stack_events().iter().map(|event| ResourceEvent {
        id: text(event.event_id()),
        logical_id: text(event.logical_resource_id()),
        kind: text(event.resource_type()),
        status: event.resource_status().map(ToString::to_string).unwrap_or_default(),
        reason: event.resource_status_reason().map(str::to_owned),
    });
    Ok(events.collect())
}

/// All that CloudFormation wants acknowledged: a template may make roles, give them names, and use macros.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub(crate) fn capabilities() -> Vec<Capability> {
    vec![Capability::CapabilityIam, Capability::CapabilityNamedIam, Capability::CapabilityAutoExpand]
}

/// The plan's parameters.
pub(crate) fn parameters(plan: &Plan) -> Vec<Parameter> {
    let parameter = |(key, value): &(String, String)| Parameter::builder().parameter_key(key).parameter_value(value).build();
    plan.parameters.iter().map(parameter).collect()
}

/// The plan's tags.
pub(crate) fn tags(plan: &Plan) -> Vec<Tag> {
    plan.tags().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
