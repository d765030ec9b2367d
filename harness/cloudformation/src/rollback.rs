//! Undoing an update: what was changed is changed back, what was replaced takes its place again, what was made is deleted.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html>

use nightproof_resource::MadeResource;
use nightproof_template::DeletionPolicy;

use crate::apply::{Applied, Done};
use crate::records::{Stack, StackResource, StackStatus};
use crate::removal::{self, Leaving};
use crate::resource;
use crate::worker::Worker;

/// Brings the stack back to what it was `before`. `applied` is what has been done since.
pub(crate) async fn undo(worker: &Worker, before: &Stack, applied: Option<&Applied>, reason: &str) {
    let now = worker.now();
    worker.with(|stack| {
        stack.takes_back(before);
        stack.becomes(StackStatus::UpdateRollbackInProgress, Some(reason.to_owned()), now);
    });
    let mut leaving = Vec::new();
    let mut failed = Vec::new();
    // In the order in which they were made: each after what it depends on.
    for record in &before.resources {
        let done = applied.and_then(|applied| applied.done.get(&record.id)).copied();
        let current = worker.with(|stack| stack.resource(&record.id).cloned()).flatten();
        match (done, applied, &record.made) {
            (Some(Done::Updated), Some(applied), Some(old)) => match change_back(worker, record, old, applied).await {
                Ok(replaced) => leaving.extend(replaced.map(|made| Leaving::replaced(record, made, false))),
                Err(reason) => {
                    worker.resource_becomes(&record.id, "UPDATE_FAILED", Some(reason));
                    failed.push(record.id.clone());
                }
            },
            (Some(Done::Replaced), _, Some(old)) => {
                worker.with(|stack| stack.put(record.clone()));
                worker.resource_becomes(&record.id, "UPDATE_COMPLETE", None);
                let new = current.and_then(|current| current.made).filter(|new| new.physical != old.physical);
                leaving.extend(new.map(|new| Leaving::replaced(record, new, false)));
            }
            _ => {
                worker.with(|stack| stack.put(record.clone()));
            }
        }
    }
    if !failed.is_empty() {
        let reason = format!("The following resource(s) failed to update: [{}]. ", failed.join(", "));
        return worker.stack_becomes(StackStatus::UpdateRollbackFailed, Some(reason));
    }
    let existed = |id: &str| before.resources.iter().any(|record| record.id == id);
    let records = worker.resources();
    for record in records.iter().filter(|record| !existed(&record.id)) {
        leaving.push(Leaving::new(record, record.deletion_policy == DeletionPolicy::Retain));
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
    applied: &Applied,
) -> Result<Option<MadeResource>, String> {
    let current = worker.with(|stack| stack.resource(&record.id).and_then(|record| record.made.clone())).flatten();
    let mut current = current.unwrap_or_else(|| old.clone());
    worker.with(|stack| stack.put(StackResource { made: Some(current.clone()), ..record.clone() }));
    // It failed before anything was changed if no properties were attempted.
    let Some(attempted) = applied.attempted.get(&record.id) else {
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
