//! An import: the stack's operation.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::service::{AwsError, Call};

use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::records::{Stack, StackResource, StackStatus, Submission};
use crate::service_role::Deployer;
use crate::worker::Worker;
use crate::{apply, export, outputs};

/// Starts to import the resources that `submission` names into a stack, which may be a new one.
///
/// # Errors
/// Something else goes on, or went wrong before.
pub(crate) fn begin(
    service: &CloudFormation,
    call: &Call,
    id: &str,
    mut submission: Submission,
    deployer: Deployer,
    token: Option<&str>,
) -> Result<(), AwsError> {
    export::refresh(service, call.account(), id, &mut submission.inputs);
    let started = service.with(call.account(), id, |stack| {
        let is_new = stack.status == StackStatus::ReviewInProgress;
        // Somebody else may have begun something since the change set was read.
        if !is_new && !stack.status.is_importable() {
            return Err(validation(format!("Stack:{id} is in {} state and can not be updated.", stack.status.word())));
        }
        if is_new {
            stack.created = call.now;
        }
        Ok(stack.begins(
            call,
            &submission,
            (deployer.role.as_deref(), &deployer.caller),
            (token, "ExecuteChangeSet"),
            StackStatus::ImportInProgress,
        ))
    });
    let Some(before) = started.transpose()? else { return Ok(()) };
    if let Some(worker) = Worker::on(&before, service, call, deployer.caller) {
        let turn = Arc::clone(&before.turn);
        call.region.tasks().spawn(async move {
            let _turn = turn.lock().await;
            if let Err(reason) = run(&worker, &before, &submission).await {
                take_back(&worker, &before, &reason);
            }
        });
    }
    Ok(())
}

async fn run(worker: &Worker, before: &Stack, submission: &Submission) -> Result<(), String> {
    let deployment = submission.template.deploy(submission.inputs.clone()).map_err(|errors| invalid(&errors).message)?;
    let imports = deployment.imports().map_err(|error| error.message)?;
    let records: BTreeMap<String, StackResource> =
        before.resources.iter().map(|record| (record.id.clone(), record.clone())).collect();
    let applied = apply::apply(worker, &deployment, &records, submission).await;
    applied.failure.map_or(Ok(()), Err)?;
    worker.with(|stack| stack.imports = imports);
    outputs::finish(worker, &deployment, &applied.made, StackStatus::ImportComplete)
}

/// Lets go of what was imported. The resources stay, and what an update has made of them stays, too.
fn take_back(worker: &Worker, before: &Stack, reason: &str) {
    let existed = |id: &str| before.resources.iter().any(|record| record.id == id);
    let now = worker.now();
    worker.with(|stack| {
        stack.takes_back(before);
        stack.becomes(StackStatus::ImportRollbackInProgress, Some(reason.to_owned()), now);
        let leaving: Vec<String> =
            stack.resources.iter().map(|record| record.id.clone()).filter(|id| !existed(id)).rev().collect();
        for id in &leaving {
            stack.resource_becomes(id, "IMPORT_ROLLBACK_IN_PROGRESS", None, now);
        }
        for id in &leaving {
            stack.resource_becomes(id, "IMPORT_ROLLBACK_COMPLETE", None, now);
        }
        for record in &before.resources {
            stack.put(record.clone());
        }
        stack.resources.retain(|record| existed(&record.id));
        stack.imports.clone_from(&before.imports);
        let end = match before.status {
            StackStatus::ReviewInProgress => StackStatus::RollbackComplete,
            _ => StackStatus::ImportRollbackComplete,
        };
        stack.becomes(end, None, now);
    });
}
