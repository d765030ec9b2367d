//! Making a stack, and taking back what was made when one of its resources fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::Deployment;

use crate::apply;
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{Applied, OnFailure, StackResource, StackStatus, Submission};
use crate::removal::{self, Leaving};
use crate::service_role::Deployer;
use crate::worker::Worker;
use crate::{export, outputs, rollback_trigger};

/// Why a stack fails that was not made in the minutes that it was given.
const TOO_LATE: &str = "Stack creation time exceeded the specified timeout.";

/// A stack's ARN.
pub(crate) fn new_id(call: &Call, name: &str) -> String {
    call.arn("cloudformation", format!("stack/{name}/{}", uuid::Uuid::new_v4()))
}

/// Starts making a stack that is recorded.
pub(crate) fn begin(service: &CloudFormation, call: &Call, id: &str, mut submission: Submission, deployer: Deployer) {
    export::refresh(service, call.account(), id, &mut submission.inputs);
    let worker = service.with(call.account(), id, |stack| {
        stack.takes(&submission);
        stack.role.clone_from(&deployer.role);
        stack.notify(call, &deployer.caller);
        stack.becomes(StackStatus::CreateInProgress, Some("User Initiated".to_owned()), call.now);
        (Arc::clone(&stack.turn), stack.clone())
    });
    if let Some((turn, stack)) = worker
        && let Some(worker) = Worker::on(&stack, service, call, deployer.caller)
    {
        call.region.tasks().spawn(async move {
            let _turn = turn.lock().await;
            run(&worker, submission).await;
        });
    }
}

async fn run(worker: &Worker, submission: Submission) {
    if let Some(reason) = &submission.failure {
        return fail(worker, reason).await;
    }
    let Ok(deployment) = submission.template.deploy(submission.inputs.clone()) else { return };
    let failure = match deployment.imports() {
        Ok(imports) => {
            worker.with(|stack| stack.imports = imports);
            let (Applied { made, failure, .. }, stopped) = in_time(worker, &deployment, &submission).await;
            if worker.cancel.is_cancelled() {
                return;
            }
            let stopped = stopped.filter(|reason| reason != TOO_LATE || made.0.len() < deployment.resources().count());
            let failure = match stopped.or(failure) {
                None => rollback_trigger::monitor(worker, &submission.rollback).await,
                failure => failure,
            };
            // Whoever deletes the stack meanwhile deletes its resources, too.
            if worker.cancel.is_cancelled() {
                return;
            }
            failure.or_else(|| outputs::finish(worker, &deployment, &made, StackStatus::CreateComplete).err())
        }
        Err(error) => Some(error.message),
    };
    if let Some(reason) = failure {
        fail(worker, &reason).await;
    }
}

/// Makes the resources; none is begun any more once the stack's time is over or an alarm goes off. Returns which of that was.
async fn in_time(worker: &Worker, deployment: &Deployment<'_>, submission: &Submission) -> (Applied, Option<String>) {
    let worker = Worker { cancel: worker.cancel.child_token(), ..worker.clone() };
    let minutes = worker.with(|stack| stack.timeout).flatten();
    let none = BTreeMap::new();
    let applying = apply::apply(&worker, deployment, &none, submission);
    let mut applying = std::pin::pin!(rollback_trigger::during(&worker, &submission.rollback, &worker.cancel, applying));
    let end = minutes.and_then(|minutes| worker.now().checked_add(SignedDuration::from_mins(i64::from(minutes))).ok());
    let Some(end) = end else { return applying.await };
    let clock = worker.region.clock();
    tokio::select! {
        applied = &mut applying => applied,
        () = clock.sleep_until(end) => {
            worker.cancel.cancel();
            (applying.await.0, Some(TOO_LATE.to_owned()))
        }
    }
}

async fn fail(worker: &Worker, reason: &str) {
    let policy = worker.with(|stack| stack.on_failure).unwrap_or(OnFailure::Rollback);
    let (status, asked) = match policy {
        OnFailure::DoNothing => (StackStatus::CreateFailed, ""),
        OnFailure::Delete => (StackStatus::DeleteInProgress, "Delete requested by user."),
        OnFailure::Rollback => (StackStatus::RollbackInProgress, "Rollback requested by user."),
    };
    let now = worker.now();
    let reason = format!("{} {asked}", reason.trim_end());
    let begun = worker.with(|stack| {
        // Whoever deletes the stack meanwhile deletes its resources, too.
        let ours = stack.status == StackStatus::CreateInProgress;
        if ours && policy != OnFailure::DoNothing {
            stack.rolled_back = Some(now);
            stack.change_set = None;
        }
        if ours {
            stack.becomes(status, Some(reason), now);
        }
        ours
    });
    if begun == Some(true) && policy != OnFailure::DoNothing {
        remove(worker, status, policy).await;
    }
}

/// Starts to take back a stack whose creation has failed and was left as it was. `deletes_created`: resources that stay when they are deleted
/// go all the same.
///
/// # Errors
/// It is in another state.
pub(crate) fn take_back(
    service: &CloudFormation,
    call: &Call,
    id: &str,
    deployer: Deployer,
    (token, deletes_created): (Option<&str>, bool),
) -> Result<(), AwsError> {
    let begun = service.with(call.account(), id, |stack| {
        if stack.status != StackStatus::CreateFailed {
            return None;
        }
        stack.role.clone_from(&deployer.role);
        stack.rolled_back = Some(call.now);
        stack.change_set = None;
        stack.deletes_created |= deletes_created;
        stack.take_token(token, "RollbackStack");
        stack.notify(call, &deployer.caller);
        stack.becomes(StackStatus::RollbackInProgress, Some("User Initiated".to_owned()), call.now);
        Some(stack.clone())
    });
    let Some(stack) = begun.flatten() else { return Err(validation(format!("Stack:{id} can not be rolled back."))) };
    if let Some(worker) = Worker::on(&stack, service, call, deployer.caller) {
        call.region.tasks().spawn(async move {
            let _turn = stack.turn.lock().await;
            remove(&worker, StackStatus::RollbackInProgress, OnFailure::Rollback).await;
        });
    }
    Ok(())
}

/// Deletes what was made. The stack is in `status` meanwhile.
async fn remove(worker: &Worker, status: StackStatus, policy: OnFailure) {
    let records = worker.resources();
    let deletes = worker.with(|stack| stack.deletes_created).unwrap_or(false);
    let keeps = |record: &StackResource| record.imported || record.policies.keeps_created() && !deletes;
    let leaving = records.iter().map(|record| Leaving::new(record, keeps(record))).collect();
    let left = removal::remove(worker, leaving).await;
    let now = worker.now();
    worker.with(|stack| {
        if stack.status != status {
            return;
        }
        stack.imports = BTreeSet::new();
        match (removal::failure(&left), policy) {
            (None, OnFailure::Delete) => {
                stack.deleted = Some(now);
                stack.becomes(StackStatus::DeleteComplete, None, now);
            }
            (None, _) => stack.becomes(StackStatus::RollbackComplete, None, now),
            (reason, OnFailure::Delete) => stack.becomes(StackStatus::DeleteFailed, reason, now),
            (reason, _) => stack.becomes(StackStatus::RollbackFailed, reason, now),
        }
    });
}
