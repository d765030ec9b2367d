//! Updating a stack: its resources become what another template says, or stay what they were.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::service::{AwsError, Call};
use nightproof_template::Deployment;

use crate::apply;
use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::records::{Applied, Done, Stack, StackResource, StackStatus, Submission};
use crate::removal::{self, Leaving};
use crate::service_role::Deployer;
use crate::stack_policy::{Action, StackPolicy};
use crate::worker::Worker;
use crate::{export, outputs, rollback, rollback_trigger};

/// A stack that can be updated.
pub(crate) fn find(service: &CloudFormation, account: &str, name: &str) -> Result<Stack, AwsError> {
    let found = service.find(account, name).ok();
    let exists = |stack: &Stack| !matches!(stack.status, StackStatus::ReviewInProgress | StackStatus::DeleteComplete);
    let stack = found.filter(exists).ok_or_else(|| validation(format!("Stack [{name}] does not exist")))?;
    updatable(&stack)?;
    Ok(stack)
}

fn updatable(stack: &Stack) -> Result<(), AwsError> {
    if stack.status.is_updatable() {
        return Ok(());
    }
    Err(validation(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status.word())))
}

/// What a request for an update says beside the template.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The policy that the stack has when it is updated.
    pub policy: Option<StackPolicy>,
    /// The policy that stands for the stack's during the update.
    pub policy_during_update: Option<StackPolicy>,
    /// Whether a failed update stays as it is.
    pub keeps_failure: bool,
}

/// Starts to update a stack.
pub(crate) fn begin(
    service: &CloudFormation,
    call: &Call,
    id: &str,
    mut submission: Submission,
    deployer: Deployer,
    (token, operation): (Option<&str>, &'static str),
    options: Options,
) -> Result<(), AwsError> {
    export::refresh(service, call.account(), id, &mut submission.inputs);
    let started = service.with(call.account(), id, |stack| {
        // Somebody else may have begun something since this was read.
        updatable(stack)?;
        let before = stack.begins(
            call,
            &submission,
            (deployer.role.as_deref(), &deployer.caller),
            (token, operation),
            StackStatus::UpdateInProgress,
        );
        stack.policy_during_update.clone_from(&options.policy_during_update);
        stack.change_set = None;
        Ok(before)
    });
    let Some(before) = started.transpose()? else { return Ok(()) };
    if let Some(worker) = Worker::on(&before, service, call, deployer.caller) {
        let turn = Arc::clone(&before.turn);
        call.region.tasks().spawn(async move {
            let _turn = turn.lock().await;
            run(&worker, &before, &submission, options).await;
        });
    }
    Ok(())
}

async fn run(worker: &Worker, before: &Stack, submission: &Submission, options: Options) {
    if let Some(reason) = &submission.failure {
        return rollback::undo(worker, before, None, reason).await;
    }
    let deployment = match submission.template.deploy(submission.inputs.clone()) {
        Ok(deployment) => deployment,
        Err(errors) => return rollback::undo(worker, before, None, &invalid(&errors).message).await,
    };
    let imports = match deployment.imports() {
        Ok(imports) => imports,
        Err(error) => return rollback::undo(worker, before, None, &error.message).await,
    };
    // Until the update is complete, or undone, both the old and the new ones are in use.
    worker.with(|stack| stack.imports.extend(imports.iter().cloned()));
    let records: BTreeMap<String, StackResource> =
        before.resources.iter().map(|record| (record.id.clone(), record.clone())).collect();
    if let Some(reason) = protected(worker, before, &deployment) {
        return rollback::undo(worker, before, None, &reason).await;
    }
    // What an alarm stops is undone by a worker that is not stopped.
    let watched = Worker { cancel: worker.cancel.child_token(), ..worker.clone() };
    let applying = apply::apply(&watched, &deployment, &records, submission);
    let (applied, alarm) = rollback_trigger::during(worker, &submission.rollback, &watched.cancel, applying).await;
    let cancelled = || worker.cancel.is_cancelled().then(|| "User Initiated".to_owned());
    let stopped = match alarm.or(applied.failure.clone()).or_else(cancelled) {
        None => rollback_trigger::monitor(worker, &submission.rollback).await,
        stopped => stopped,
    };
    let failure = stopped
        .or_else(cancelled)
        .or_else(|| outputs::finish(worker, &deployment, &applied.made, StackStatus::UpdateCompleteCleanupInProgress).err());
    match failure {
        // What failed stays for whoever asked for it to be looked at.
        Some(reason) if options.keeps_failure => {
            worker.with(|stack| stack.unfinished = Some(Arc::new(rollback::unfinished(before, Some(&applied)))));
            return worker.stack_becomes(StackStatus::UpdateFailed, Some(reason));
        }
        Some(reason) => return rollback::undo(worker, before, Some(&applied), &reason).await,
        None => {}
    }
    worker.with(|stack| {
        stack.imports = imports;
        stack.unfinished = None;
        if options.policy.is_some() {
            stack.policy = options.policy;
        }
    });
    clean_up(worker, before, &applied).await;
}

/// Why the update cannot be: the stack's policy protects resources that it would delete.
fn protected(worker: &Worker, before: &Stack, deployment: &Deployment<'_>) -> Option<String> {
    let policy = worker.with(|stack| stack.policy_in_force().cloned()).flatten()?;
    let leaving = before.resources.iter().filter(|record| deployment.resources().all(|kept| kept.id != record.id));
    let mut ids = Vec::new();
    for record in leaving {
        if let Some(reason) = policy.refusal(Action::Delete, &record.id, &record.kind) {
            worker.resource_becomes(&record.id, "UPDATE_FAILED", Some(reason));
            ids.push(record.id.as_str());
        }
    }
    (!ids.is_empty()).then(|| format!("The following resource(s) failed to update: [{}]. ", ids.join(", ")))
}

/// Deletes what the new template does not have, and what was replaced.
async fn clean_up(worker: &Worker, before: &Stack, applied: &Applied) {
    let now_recorded = worker.resources();
    let leaving = before.resources.iter().filter_map(|record| match applied.done.get(&record.id) {
        None => Some(Leaving::new(record, record.policies.keeps_deleted())),
        Some(Done::Replaced) => {
            let now = now_recorded.iter().find(|now| now.id == record.id).unwrap_or(record);
            Some(Leaving::replaced(record, record.made.clone()?, now.policies.keeps_replaced()))
        }
        // A custom resource says by another id that it is another one.
        Some(Done::Updated) => {
            let now = now_recorded.iter().find(|now| now.id == record.id)?.made.as_ref()?;
            let old = record.made.as_ref().filter(|old| old.physical != now.physical)?;
            Some(Leaving::replaced(record, old.clone(), record.policies.keeps_replaced()))
        }
        Some(_) => None,
    });
    let left = removal::remove(worker, leaving.collect()).await;
    let now = worker.now();
    worker.with(|stack| {
        stack.resources.retain(|record| applied.done.contains_key(&record.id));
        let reason = (!left.is_empty()).then(|| "Update successful. One or more resources could not be deleted.".to_owned());
        stack.becomes(StackStatus::UpdateComplete, reason, now);
    });
}
