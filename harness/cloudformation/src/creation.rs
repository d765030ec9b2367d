//! Making a stack, and taking back what was made when one of its resources fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightproof_core::service::Call;

use crate::apply;
use crate::cloudformation::CloudFormation;
use crate::records::{Applied, OnFailure, StackResource, StackStatus, Submission};
use crate::removal::{self, Leaving};
use crate::service_role::Deployer;
use crate::worker::Worker;
use crate::{export, outputs};

/// A stack's ARN.
pub(crate) fn new_id(call: &Call, name: &str) -> String {
    call.arn("cloudformation", format!("stack/{name}/{}", uuid::Uuid::new_v4()))
}

/// Starts making a stack that is recorded.
pub(crate) fn begin(service: &CloudFormation, call: &Call, id: &str, mut submission: Submission, deployer: Deployer) {
    // Exports may have come and gone since the submission was read.
    submission.inputs.imports = export::of_others(service, call.account(), id);
    let worker = service.with(call.account(), id, |stack| {
        stack.takes(&submission);
        stack.role.clone_from(&deployer.role);
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
            let Applied { made, failure, .. } = apply::apply(worker, &deployment, &BTreeMap::new(), &submission).await;
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
    if begun != Some(true) || policy == OnFailure::DoNothing {
        return;
    }
    let records = worker.resources();
    let deletes = worker.with(|stack| stack.deletes_created).unwrap_or(false);
    let keeps = |record: &StackResource| record.policies.keeps_created() && !deletes;
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
