//! Deleting a stack.

use std::sync::Arc;

use nightproof_core::Caller;
use nightproof_core::service::Call;

use crate::cloudformation::CloudFormation;
use crate::records::{ChangeSet, Stack, StackStatus};
use crate::removal::{self, Leaving};
use crate::worker::Worker;

/// Starts to delete the resources of a stack whose deletion is recorded.
pub(crate) fn begin(service: &CloudFormation, call: &Call, stack: &Stack, caller: Caller, retained: Vec<String>, force: bool) {
    stack.cancel.cancel();
    if let Some(worker) = Worker::on(stack, service, call, caller) {
        let turn = Arc::clone(&stack.turn);
        call.region.tasks().spawn(async move {
            let _turn = turn.lock().await;
            run(&worker, &retained, force).await;
        });
    }
}

async fn run(worker: &Worker, retained: &[String], force: bool) {
    let records = worker.resources();
    let gone = |status: &str| matches!(status, "DELETE_COMPLETE" | "DELETE_SKIPPED");
    let leaving = records
        .iter()
        .filter(|record| !gone(record.status))
        .map(|record| Leaving::new(record, record.policies.keeps_deleted() || retained.contains(&record.id)));
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
            stack.change_sets.retain(ChangeSet::is_executed);
            stack.change_set = None;
            stack.becomes(StackStatus::DeleteComplete, None, now);
        }
        reason => stack.becomes(StackStatus::DeleteFailed, reason, now),
    });
}
