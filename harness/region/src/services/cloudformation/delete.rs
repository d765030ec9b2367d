//! Deleting a stack's resources, each before what it depends on.

use std::collections::BTreeSet;

use firedrill_template::DeletionPolicy;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::resources::{self, Context};
use super::stack::{StackResource, StackStatus};
use super::{CloudFormation, text};
use crate::service::{AwsError, Call};
use crate::{Caller, Region};

/// Why resources are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The stack is.
    Stack,
    /// Its creation failed.
    Rollback,
}

pub(super) fn delete(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    if input.get("RoleARN").is_some() {
        return Err(AwsError::not_implemented("cloudformation", "RoleARN of DeleteStack"));
    }
    let account = call.account().to_owned();
    // Deleting what does not exist succeeds.
    let Ok(stack) = service.find(&account, text(input, "StackName")) else { return Ok(json!({})) };
    if stack.status == StackStatus::DeleteComplete || stack.status == StackStatus::DeleteInProgress {
        return Ok(json!({}));
    }
    let refuse = |message: String| Err(AwsError::new("ValidationError", 400, message));
    if stack.protected {
        return refuse(format!("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name));
    }
    if stack.status.is_in_progress() {
        return refuse(format!("Stack [{}] cannot be deleted while in status {}", stack.name, stack.status.word()));
    }
    let retained: BTreeSet<String> = input
        .get("RetainResources")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if !retained.is_empty() && stack.status != StackStatus::DeleteFailed {
        return refuse(
            "Invalid operation on stack. RetainResources can be specified only when the stack is in DELETE_FAILED state"
                .to_owned(),
        );
    }
    service.with(&account, &stack.id, |stack| {
        stack.becomes(StackStatus::DeleteInProgress, Some("User Initiated".to_owned()), call.now)
    });
    let Some(service) = service.me.upgrade() else { return Ok(json!({})) };
    let (region, caller, id) = (call.region.clone(), call.caller.clone(), stack.id);
    call.region.tasks().spawn(async move {
        let left = all_resources(&service, &region, &caller, &id, Why::Stack, &retained).await;
        let now = region.clock().now();
        service.with(&caller.account, &id, |stack| {
            if left.is_empty() {
                stack.deleted = Some(now);
                stack.exports.clear();
                stack.becomes(StackStatus::DeleteComplete, None, now);
            } else {
                let reason = format!("The following resource(s) failed to delete: [{}]. ", left.join(", "));
                stack.becomes(StackStatus::DeleteFailed, Some(reason), now);
            }
        });
    });
    Ok(json!({}))
}

/// Deletes all resources that were made, in parallel as dependencies allow. Answers the logical ids of those that are left.
pub(super) async fn all_resources(
    service: &CloudFormation,
    region: &Region,
    caller: &Caller,
    id: &str,
    why: Why,
    retained: &BTreeSet<String>,
) -> Vec<String> {
    let account = &caller.account;
    let (name, mut left) = service.with(account, id, |stack| (stack.name.clone(), stack.resources.clone())).unwrap_or_default();
    left.retain(|resource| resource.made.is_some() && resource.status != "DELETE_COMPLETE");
    let now = || region.clock().now();
    let mut failed: Vec<String> = Vec::new();
    let mut running = JoinSet::new();
    let mut busy: BTreeSet<String> = BTreeSet::new();
    loop {
        // What nothing that is left depends on can go.
        let needed: BTreeSet<String> = left.iter().flat_map(|resource| resource.depends_on.clone()).collect();
        let ready: Vec<StackResource> = left
            .iter()
            .filter(|resource| !needed.contains(&resource.id) && !busy.contains(&resource.id) && !failed.contains(&resource.id))
            .cloned()
            .collect();
        for resource in ready {
            busy.insert(resource.id.clone());
            let keep = retained.contains(&resource.id)
                || match resource.deletion_policy {
                    DeletionPolicy::Retain => true,
                    DeletionPolicy::RetainExceptOnCreate => why == Why::Stack,
                    DeletionPolicy::Delete | DeletionPolicy::Snapshot => false,
                };
            if keep {
                service.with(account, id, |stack| stack.resource_becomes(&resource.id, "DELETE_SKIPPED", None, now()));
                running.spawn(async move { (resource.id, Ok(())) });
                continue;
            }
            service.with(account, id, |stack| stack.resource_becomes(&resource.id, "DELETE_IN_PROGRESS", None, now()));
            let context = Context::new(region, caller, id, &name, &resource.id, Vec::new());
            running.spawn(async move {
                let result = match &resource.made {
                    Some(made) => resources::delete(&context, &resource.kind, made).await,
                    None => Ok(()),
                };
                (resource.id, result)
            });
        }
        let Some(Ok((done, result))) = running.join_next().await else { break };
        busy.remove(&done);
        match result {
            Ok(()) => {
                left.retain(|resource| resource.id != done);
                service.with(account, id, |stack| {
                    if stack.resource(&done).is_some_and(|resource| resource.status != "DELETE_SKIPPED") {
                        stack.resource_becomes(&done, "DELETE_COMPLETE", None, now());
                    }
                });
            }
            Err(reason) => {
                service.with(account, id, |stack| stack.resource_becomes(&done, "DELETE_FAILED", Some(reason), now()));
                failed.push(done);
            }
        }
    }
    left.into_iter().filter(|resource| failed.contains(&resource.id)).map(|resource| resource.id).collect()
}
