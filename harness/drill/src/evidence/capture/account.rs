//! Asks an account for all of it.

use async_recursion::async_recursion;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::answer::{noted, text, time};
use super::evidence::{Evidence, Stack, StackEvent, StackParameter, StackResource, StoredObject, Window};
use super::{chain, history, run_command};
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::account::stack;
use crate::archive::bucket::{self, Version};
use crate::chain::failure::at;
use crate::steps::verify;
use crate::{Endpoint, Failure, Hop};

/// Versions that are listed of a bucket: those of the window are what matters, and S3 does not list by time.
const LISTED: usize = 20_000;

/// Reads what `endpoint` knows of the stack `name` and what it did in `window`. Nothing is changed.
///
/// # Errors
/// There is no such stack, or its template and resources cannot be read. What else cannot be had is named in the evidence.
#[async_recursion]
pub async fn capture(endpoint: &Endpoint, name: &str, window: Window) -> Result<Evidence, Failure> {
    let client = DynamicClient::new(endpoint);
    let mut evidence = Evidence { stack: described(&client, name).await?, ..Evidence::default() };
    evidence.template = stack::template(&client, name).await.map_err(at(Hop::Stack, "GetTemplate"))?;
    let resources = Resources::load(&client, name).await?;
    evidence.resources = resources
        .all()
        .map(|resource| StackResource {
            logical_id: resource.logical.clone(),
            physical_id: resource.physical.clone(),
            kind: resource.kind.clone(),
        })
        .collect();
    stack_events(&client, name, &mut evidence).await;
    chain::rules(&client, &resources, &mut evidence).await;
    chain::functions(&client, &resources, window, &mut evidence).await;
    history::read(&client, window, &mut evidence).await;
    run_command::instances(&client, &resources, &mut evidence).await;
    run_command::commands(&client, window, &mut evidence).await;
    objects(&client, &resources, window, &mut evidence).await;
    Ok(evidence)
}

async fn described(client: &DynamicClient, name: &str) -> Result<Stack, Failure> {
    let found = stack::describe(client, name).await.map_err(at(Hop::Stack, "DescribeStacks"))?.unwrap_or_default();
    let parameters = found.parameters.into_iter().map(|parameter| StackParameter {
        name: parameter.parameter_key,
        value: parameter.parameter_value,
        resolved: parameter.resolved_value.unwrap_or_default(),
    });
    Ok(Stack {
        name: found.stack_name,
        id: found.stack_id,
        status: found.stack_status,
        reason: found.stack_status_reason.unwrap_or_default(),
        parameters: parameters.collect(),
    })
}

async fn stack_events(client: &DynamicClient, name: &str, evidence: &mut Evidence) {
    let mut found = Vec::new();
    noted(stack::events(client, name, &mut found).await, "DescribeStackEvents", evidence);
    evidence.stack_events = found
        .into_iter()
        .map(|event| StackEvent {
            time: event.timestamp,
            logical_id: event.logical_resource_id,
            kind: event.resource_type,
            status: event.resource_status,
            reason: event.resource_status_reason.unwrap_or_default(),
        })
        .collect();
}

async fn objects(client: &DynamicClient, resources: &Resources, window: Window, evidence: &mut Evidence) {
    let buckets = match bucket::find(client, None, resources).await {
        Ok(buckets) => buckets,
        Err(broken) => return evidence.refused.push(broken.reason),
    };
    for bucket in buckets {
        let mut after = None;
        let mut listed = 0;
        loop {
            let answer = bucket::versions(client, &bucket.name, after).await;
            let Some(answer) = noted(answer, "ListObjectVersions", evidence) else { break };
            let object = |found: &Version, deleted: bool| {
                let at = DateTime::from_str(&found.last_modified, Format::DateTime).ok();
                StoredObject {
                    bucket: bucket.name.clone(),
                    key: found.key.clone(),
                    version: text(found.id()),
                    bytes: i64::try_from(found.size).unwrap_or(i64::MAX),
                    time: at.as_ref().map(time).unwrap_or_default(),
                    fresh: at.and_then(|at| at.to_millis().ok()).is_some_and(|at| window.holds_second(at)),
                    companion: verify::is_companion(&found.key),
                    deleted,
                }
            };
            evidence.objects.extend(answer.versions.iter().map(|found| object(found, false)));
            evidence.objects.extend(answer.delete_markers.iter().map(|found| object(found, true)));
            listed += answer.versions.len() + answer.delete_markers.len();
            after = answer.next();
            if after.is_none() {
                break;
            }
            if listed >= LISTED {
                evidence.refused.push(format!("ListObjectVersions: {} has more than {LISTED} versions", bucket.name));
                break;
            }
        }
    }
}
