//! Windows that open, on the region's clock.

use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::Region;
use tokio_util::sync::CancellationToken;

use super::execution::{Progress, Status, WindowExecution};
use super::run::Opening;
use super::window::MaintenanceWindow;
use crate::records::Ssm;
use crate::waiting::at_each;

impl Ssm {
    /// When an enabled window opens next.
    pub fn next_opening(&self, account: &str, window: &str, now: Timestamp) -> Option<Timestamp> {
        self.with(account, |records| records.windows.get(window)?.next(now))
    }

    /// Starts the task that waits for a window's next opening, and ends an earlier one.
    pub(crate) fn await_opening(&self, region: &Region, account: &str, window: &mut MaintenanceWindow) {
        window.waiting.cancel();
        window.waiting = CancellationToken::new();
        if !window.settings.enabled {
            return;
        }
        let (ssm, handle) = (self.me.clone(), region.clone());
        let (account, id) = (account.to_owned(), window.id.clone());
        at_each(region, window.timing.clone(), window.since(), window.waiting.clone(), move |due| {
            if let Some(ssm) = ssm.upgrade() {
                ssm.open(&handle, &account, &id, due);
            }
        });
    }

    /// Begins the tasks of a window, unless it is still at work from the last time.
    fn open(self: &Arc<Self>, region: &Region, account: &str, id: &str, due: Timestamp) {
        let now = region.clock().now();
        let opening = self.with(account, |records| {
            let window = records.windows.get_mut(id)?;
            window.last = Some(due);
            let at_work = |execution: &WindowExecution| execution.window == id && execution.progress.ended.is_none();
            let overlaps = records.window_executions.iter().any(at_work);
            let mut execution = WindowExecution {
                id: uuid::Uuid::new_v4().to_string(),
                window: id.to_owned(),
                progress: Progress::new(now),
                cancelled: false,
                tasks: Vec::new(),
            };
            if overlaps {
                let reason = "The previous execution of this maintenance window is still in progress.";
                execution.progress.end(Status::SkippedOverlapping, reason, now);
            }
            let opening = Opening {
                ssm: Arc::clone(self),
                region: region.clone(),
                account: account.to_owned(),
                window: id.to_owned(),
                execution: execution.id.clone(),
                cutoff: now.saturating_add(window.cutoff()).unwrap_or(Timestamp::MAX),
            };
            records.window_executions.push(execution);
            (!overlaps).then_some(opening)
        });
        if let Some(opening) = opening {
            region.tasks().spawn(Arc::new(opening).run());
        }
    }
}
