//! Deploy: creates the stack and finds out what is in it.

use std::time::Duration;

use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus, Tag};

use crate::clients::Clients;
use crate::failure::{Broken, at, refused};
use crate::{Plan, poll};

const BOUND: Duration = Duration::from_secs(900);

/// A resource of the stack.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) logical: String,
    pub(crate) physical: String,
    pub(crate) kind: String,
}

/// What the stack made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resources(Vec<Resource>);

impl Resources {
    /// Resources of a type, such as `AWS::S3::Bucket`.
    pub(crate) fn of(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.0.iter().filter(move |resource| resource.kind == kind)
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Resource> {
        self.0.iter()
    }

    /// Physical ids of a type.
    pub(crate) fn ids(&self, kind: &str) -> Vec<String> {
        self.of(kind).map(|resource| resource.physical.clone()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Creates the stack `name` and waits until it stands.
pub(crate) async fn deploy(clients: &Clients, plan: &Plan, name: &str, run: &str) -> Result<Resources, Broken> {
    let parameters = plan
        .parameters
        .iter()
        .map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build())
        .collect();
    clients
        .cloudformation
        .create_stack()
        .stack_name(name)
        .template_body(&plan.template)
        .set_parameters(Some(parameters))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityNamedIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .tags(Tag::builder().key("firedrill").value(run).build())
        .send()
        .await
        .map_err(at("stack", "CreateStack"))?;
    let ended = poll::until(BOUND, || async {
        let answer =
            clients.cloudformation.describe_stacks().stack_name(name).send().await.map_err(at("stack", "DescribeStacks"))?;
        let stack = answer.stacks().first();
        let status = stack.and_then(|stack| stack.stack_status()).cloned();
        Ok::<_, Broken>(match status {
            Some(StackStatus::CreateComplete) => Ok(true),
            Some(
                StackStatus::CreateFailed
                | StackStatus::RollbackComplete
                | StackStatus::RollbackFailed
                | StackStatus::DeleteComplete,
            ) => Ok(false),
            Some(status) => Err(status.to_string()),
            None => Err("no such stack".to_owned()),
        })
    })
    .await?;
    match ended {
        Ok(true) => resources(clients, name).await,
        Ok(false) => Err(failed(clients, name).await),
        Err(seen) => Err(Broken::at("stack", format!("{name} is {seen} after {} s", BOUND.as_secs()))),
    }
}

/// Lists the stack's resources that exist.
pub(crate) async fn resources(clients: &Clients, name: &str) -> Result<Resources, Broken> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let answer = clients
            .cloudformation
            .list_stack_resources()
            .stack_name(name)
            .set_next_token(token)
            .send()
            .await
            .map_err(at("stack", "ListStackResources"))?;
        found.extend(answer.stack_resource_summaries().iter().filter_map(|summary| {
            Some(Resource {
                logical: summary.logical_resource_id()?.to_owned(),
                physical: summary.physical_resource_id().filter(|id| !id.is_empty())?.to_owned(),
                kind: summary.resource_type()?.to_owned(),
            })
        }));
        token = answer.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(Resources(found));
        }
    }
}

/// Why the stack does not stand: the first resource that failed, with its own reason.
async fn failed(clients: &Clients, name: &str) -> Broken {
    let answer = match clients.cloudformation.describe_stack_events().stack_name(name).send().await {
        Ok(answer) => answer,
        Err(error) => return Broken::at("stack", format!("{name} failed, and {}", refused("DescribeStackEvents", &error))),
    };
    // Events come newest first.
    let failures: Vec<String> = answer
        .stack_events()
        .iter()
        .rev()
        .filter(|event| event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED")))
        .map(|event| {
            format!(
                "{} ({}): {}",
                event.logical_resource_id().unwrap_or("?"),
                event.resource_type().unwrap_or("?"),
                event.resource_status_reason().unwrap_or("no reason given")
            )
        })
        .collect();
    let first = failures.iter().find(|failure| !failure.contains("creation cancelled")).or_else(|| failures.first());
    Broken::at("stack", first.cloned().unwrap_or_else(|| format!("{name} was rolled back without a reason")))
        .with("failed resources", &failures.join("\n"))
}
