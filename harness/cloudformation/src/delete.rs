//! Deleting a stack.

use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::DeletionPolicy;
use serde_json::{Value, json};

use super::removal::{self, Leaving};
use super::stack::StackStatus;
use super::worker::Worker;
use super::{CloudFormation, export, service_role, submission, text, validation};

/// A stack that is being created can be deleted: what is begun is not waited for longer than it takes to stop, and nothing else is begun.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html>
pub(super) async fn delete(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    submission::refuse_unsupported(input, "DeleteStack", &["DeploymentConfig"])?;
    let (name, account) = (text(input, "StackName"), call.account());
    let token = input.text("ClientRequestToken");
    // Deleting what does not exist succeeds.
    let Ok(stack) = service.find(account, name) else { return Ok(json!({})) };
    if service.repeated(account, name, token, "DeleteStack")?.is_some() {
        return Ok(json!({}));
    }
    if matches!(stack.status, StackStatus::DeleteComplete | StackStatus::DeleteInProgress) {
        return Ok(json!({}));
    }
    if stack.protected {
        return Err(validation(format!("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name)));
    }
    if stack.status.is_updating() {
        return Err(validation(format!("Stack [{}] cannot be deleted while in status {}", stack.name, stack.status.word())));
    }
    let force = text(input, "DeletionMode") == "FORCE_DELETE_STACK";
    let retained: Vec<String> = input.texts("RetainResources").into_iter().map(str::to_owned).collect();
    if (force || !retained.is_empty()) && stack.status != StackStatus::DeleteFailed {
        let what = if force { "DeletionMode FORCE_DELETE_STACK" } else { "RetainResources" };
        return Err(validation(format!(
            "Invalid operation on stack [{}]. {what} can be specified only when the stack is in the DELETE_FAILED state",
            stack.id
        )));
    }
    if let Some(unknown) = retained.iter().find(|id| stack.resources.iter().all(|resource| resource.id != **id)) {
        return Err(validation(format!("Invalid resources to retain: [{unknown}] do not exist in stack {}", stack.name)));
    }
    let deployer = service_role::deployer(call, &stack, input.text("RoleARN")).await?;
    {
        let mut stacks = service.lock();
        let stacks = stacks.entry(account.to_owned()).or_default();
        if let Some(conflict) = export::conflict(stacks, &stack.id, &std::collections::BTreeMap::new()) {
            return Err(validation(conflict));
        }
        if let Some(stack) = stacks.iter_mut().find(|other| other.id == stack.id) {
            stack.role = deployer.role;
            stack.take_token(token, "DeleteStack");
            stack.becomes(StackStatus::DeleteInProgress, Some("User Initiated".to_owned()), call.now);
        }
    }
    stack.cancel.cancel();
    if let Some(worker) = Worker::on(&stack, service, call, deployer.caller) {
        let turn = Arc::clone(&stack.turn);
        call.region.tasks().spawn(async move {
            let _turn = turn.lock().await;
            run(&worker, &retained, force).await;
        });
    }
    Ok(json!({}))
}

async fn run(worker: &Worker, retained: &[String], force: bool) {
    let records = worker.resources();
    let gone = |status: &str| matches!(status, "DELETE_COMPLETE" | "DELETE_SKIPPED");
    let leaving = records.iter().filter(|record| !gone(record.status)).map(|record| {
        let keep = matches!(record.deletion_policy, DeletionPolicy::Retain | DeletionPolicy::RetainExceptOnCreate);
        Leaving::of(record, keep || retained.contains(&record.id))
    });
    let mut left = removal::remove(worker, leaving.collect()).await;
    if force {
        for id in std::mem::take(&mut left) {
            worker.resource_becomes(&id, "DELETE_SKIPPED", None);
        }
    }
    let now = worker.now();
    worker.with(|stack| match removal::failure(&left) {
        None => {
            stack.deleted = Some(now);
            stack.imports.clear();
            stack.change_sets.clear();
            stack.becomes(StackStatus::DeleteComplete, None, now);
        }
        reason => stack.becomes(StackStatus::DeleteFailed, reason, now),
    });
}
