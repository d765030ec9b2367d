//! The tasks of a window that is open, in order of their priority.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::Region;
use tokio::task::JoinSet;

use super::execution::{Status, TaskExecution, WindowExecution};
use super::task::WindowTask;
use crate::records::Ssm;

/// A window at work.
pub(super) struct Opening {
    pub(super) ssm: Arc<Ssm>,
    pub(super) region: Region,
    pub(super) account: String,
    pub(super) window: String,
    pub(super) execution: String,
    /// From when on nothing begins any more.
    pub(super) cutoff: Timestamp,
}

impl Opening {
    /// Runs all tasks; those of one priority side by side.
    pub(super) async fn run(self: Arc<Self>) {
        let mut by_priority = BTreeMap::<i64, Vec<(String, WindowTask)>>::new();
        let tasks = self.ssm.with(&self.account, |records| records.windows.get(&self.window).map(|window| window.tasks.clone()));
        for (id, task) in tasks.unwrap_or_default() {
            by_priority.entry(task.priority).or_default().push((id, task));
        }
        for tasks in by_priority.into_values() {
            let mut running = JoinSet::new();
            for (id, task) in tasks {
                running.spawn(Arc::clone(&self).task(id, task));
            }
            while running.join_next().await.is_some() {}
        }
        let now = self.region.clock().now();
        self.change(|execution| {
            let status = match execution.cancelled {
                true => Status::Cancelled,
                false => Status::of_parts(execution.tasks.iter().map(|task| task.progress.status)),
            };
            // One that failed says so by its tasks.
            let details = if status == Status::Failed { "One or more tasks in the execution failed." } else { "" };
            execution.progress.end(status, details, now);
        });
        self.ssm.changed.notify_waiters();
    }

    /// Changes the record of what this window does.
    pub(super) fn change<T>(&self, act: impl FnOnce(&mut WindowExecution) -> T) -> Option<T> {
        self.ssm.with(&self.account, |records| {
            records.window_executions.iter_mut().find(|execution| execution.id == self.execution).map(act)
        })
    }

    /// Changes the record of a task.
    pub(super) fn change_task<T>(&self, id: &str, act: impl FnOnce(&mut TaskExecution) -> T) -> Option<T> {
        self.change(|execution| execution.task_mut(id).map(act)).flatten()
    }

    /// What nothing begins any more for.
    pub(super) fn obstacle(&self) -> Option<(Status, &'static str)> {
        if self.change(|execution| execution.cancelled).unwrap_or(true) {
            return Some((Status::Cancelled, "The maintenance window execution was cancelled."));
        }
        let late = self.region.clock().now() >= self.cutoff;
        late.then_some((Status::TimedOut, "The cutoff time of the maintenance window was reached."))
    }
}
