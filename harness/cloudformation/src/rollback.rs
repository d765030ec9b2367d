//! Undoing an update: what was changed is changed back, what was replaced takes its place again, what was made is deleted.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightproof_core::service::{AwsError, Call};
use nightproof_resource::MadeResource;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{Applied, Done, Stack, StackResource, StackStatus, Unfinished};
use crate::removal::{self, Leaving};
use crate::resource;
use crate::service_role::Deployer;
use crate::worker::Worker;

/// Brings the stack back to what it was `before`. `applied` is what has been done since.
pub(crate) async fn undo(worker: &Worker, before: &Stack, applied: Option<&Applied>, reason: &str) {
    let now = worker.now();
    worker.with(|stack| {
        stack.takes_back(before);
        stack.becomes(StackStatus::UpdateRollbackInProgress, Some(reason.to_owned()), now);
    });
    restore(worker, unfinished(before, applied), &BTreeSet::new()).await;
}

/// What there is to undo of an update. If the one before it failed and was left as it was, that one is undone, too.
pub(crate) fn unfinished(before: &Stack, applied: Option<&Applied>) -> Unfinished {
    let (done, attempted) = applied.map(|applied| (applied.done.clone(), applied.attempted.clone())).unwrap_or_default();
    let earlier = before.unfinished.as_ref().filter(|_| before.status == StackStatus::UpdateFailed);
    let Some(earlier) = earlier else {
        return Unfinished { before: before.clone(), done, attempted, replacements: Vec::new(), is_whole: true };
    };
    let mut both = Unfinished::clone(earlier);
    for (id, done) in done {
        let first = both.done.entry(id).or_insert(done);
        if *first == Done::Kept {
            *first = done;
        }
    }
    both.attempted.extend(attempted);
    both
}

/// Undoes an update that failed: takes a rollback up again, or undoes what was left as it was. The resources in `skipped` stay as they are.
pub(crate) fn resume(
    service: &CloudFormation,
    call: &Call,
    id: &str,
    deployer: Deployer,
    skipped: Vec<String>,
    (token, operation): (Option<&str>, &'static str),
) -> Result<(), AwsError> {
    let begun = service.with(call.account(), id, |stack| {
        // Of two who ask at once one is late.
        let is_failed = matches!(stack.status, StackStatus::UpdateFailed | StackStatus::UpdateRollbackFailed);
        let unfinished = stack.unfinished.take().filter(|_| is_failed)?;
        stack.takes_back(&unfinished.before);
        stack.cancel = CancellationToken::new();
        stack.role.clone_from(&deployer.role);
        stack.take_token(token, operation);
        stack.notify(call, &deployer.caller);
        stack.becomes(StackStatus::UpdateRollbackInProgress, Some("User Initiated".to_owned()), call.now);
        Some((unfinished, stack.clone()))
    });
    let Some((unfinished, stack)) = begun.flatten() else {
        return Err(validation(format!("Stack:{id} can not continue rollback.")));
    };
    if let Some(worker) = Worker::on(&stack, service, call, deployer.caller) {
        let turn = Arc::clone(&stack.turn);
        call.region.tasks().spawn(async move {
            let _turn = turn.lock().await;
            restore(&worker, Unfinished::clone(&unfinished), &skipped.into_iter().collect()).await;
        });
    }
    Ok(())
}

/// Brings the resources back to what they were; what cannot be is kept for [`resume`].
async fn restore(worker: &Worker, mut unfinished: Unfinished, skipped: &BTreeSet<String>) {
    // What is being taken back is taken back, even if the update was cancelled.
    let worker = &Worker { cancel: CancellationToken::new(), ..worker.clone() };
    let before = unfinished.before.clone();
    let mut failed = BTreeMap::new();
    // In the order in which they were made: each after what it depends on.
    for record in &before.resources {
        let done = unfinished.done.get(&record.id).copied();
        let current = worker.with(|stack| stack.resource(&record.id).cloned()).flatten();
        match (done, &record.made) {
            (Some(Done::Updated), _) if skipped.contains(&record.id) => {
                worker.resource_becomes(&record.id, "UPDATE_COMPLETE", None);
            }
            (Some(Done::Updated), Some(old)) => {
                match change_back(worker, record, old, unfinished.attempted.get(&record.id)).await {
                    Ok(replaced) => unfinished.replacements.extend(replaced.map(|made| (record.clone(), made))),
                    Err(reason) => {
                        worker.resource_becomes(&record.id, "UPDATE_FAILED", Some(reason));
                        failed.insert(record.id.clone(), Done::Updated);
                    }
                }
            }
            (Some(Done::Replaced), Some(old)) => {
                worker.with(|stack| stack.put(record.clone()));
                worker.resource_becomes(&record.id, "UPDATE_COMPLETE", None);
                let new = current.and_then(|current| current.made).filter(|new| new.physical != old.physical);
                unfinished.replacements.extend(new.map(|new| (record.clone(), new)));
            }
            // It was brought back when this was tried before.
            _ if !unfinished.is_whole && done.is_none() => {}
            _ => {
                worker.with(|stack| stack.put(record.clone()));
            }
        }
    }
    if !failed.is_empty() {
        let names: Vec<&str> = failed.keys().map(String::as_str).collect();
        let reason = format!("The following resource(s) failed to update: [{}]. ", names.join(", "));
        let left = Unfinished { done: failed, is_whole: false, ..unfinished };
        let now = worker.now();
        worker.with(|stack| {
            stack.unfinished = Some(Arc::new(left));
            stack.becomes(StackStatus::UpdateRollbackFailed, Some(reason), now);
        });
        return;
    }
    let existed = |id: &str| before.resources.iter().any(|record| record.id == id);
    let records = worker.resources();
    let replacements = unfinished.replacements.into_iter();
    let mut leaving: Vec<Leaving> = replacements.map(|(record, made)| Leaving::replaced(&record, made, false)).collect();
    for record in records.iter().filter(|record| !existed(&record.id)) {
        leaving.push(Leaving::new(record, record.imported || record.policies.keeps_created()));
    }
    worker.stack_becomes(StackStatus::UpdateRollbackCompleteCleanupInProgress, None);
    removal::remove(worker, leaving).await;
    let now = worker.now();
    worker.with(|stack| {
        stack.imports.clone_from(&before.imports);
        stack.resources.retain(|record| existed(&record.id));
        stack.becomes(StackStatus::UpdateRollbackComplete, None, now);
    });
}

/// Returns what is to be deleted since another one has taken its place: a custom resource that says so by another id.
async fn change_back(
    worker: &Worker,
    record: &StackResource,
    old: &MadeResource,
    attempted: Option<&Value>,
) -> Result<Option<MadeResource>, String> {
    let current = worker.with(|stack| stack.resource(&record.id).and_then(|record| record.made.clone())).flatten();
    let mut current = current.unwrap_or_else(|| old.clone());
    worker.with(|stack| stack.put(StackResource { made: Some(current.clone()), ..record.clone() }));
    // It failed before anything was changed if no properties were attempted.
    let Some(attempted) = attempted else {
        worker.resource_becomes(&record.id, "UPDATE_COMPLETE", None);
        return Ok(None);
    };
    worker.resource_becomes(&record.id, "UPDATE_IN_PROGRESS", None);
    current.properties.clone_from(attempted);
    let restored = resource::update(worker, &record.id, &record.kind, &current, old.properties.clone()).await?;
    let replaced = (restored.physical != current.physical).then_some(current);
    worker.record(&record.id, restored);
    worker.resource_becomes(&record.id, "UPDATE_COMPLETE", None);
    Ok(replaced)
}
