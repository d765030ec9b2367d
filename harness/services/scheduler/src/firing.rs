//! Schedules that fire, on the region's clock.

use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;
use nightproof_core::service::arn;
use tokio_util::sync::CancellationToken;

use crate::delivery::Delivery;
use crate::payload::Invocation;
use crate::records::Scheduler;
use crate::schedule::Schedule;

impl Scheduler {
    /// Starts the task that waits for the schedule's next occurrence, and ends an earlier one.
    pub(crate) fn wait(&self, region: &Region, schedule: &mut Schedule) {
        schedule.waiting.cancel();
        schedule.waiting = CancellationToken::new();
        let Some(scheduler) = self.this.upgrade().filter(|_| schedule.is_enabled()) else { return };
        let (region, waiting) = (region.clone(), schedule.waiting.clone());
        let (timing, since, mut last) = (schedule.timing.clone(), schedule.modified, schedule.last);
        let (group, name) = (schedule.group.clone(), schedule.name.clone());
        let account = arn::account_of(&schedule.arn).to_owned();
        region.clone().tasks().spawn(async move {
            while let Some(next) = timing.next(since, last) {
                let at = next.saturating_add(offset(timing.window)).unwrap_or(next);
                tokio::select! {
                    () = region.clock().sleep_until(at) => {}
                    () = waiting.cancelled() => return,
                    () = region.stopping().cancelled() => return,
                }
                // Cancelled while it was waking: the schedule has been changed, disabled or deleted.
                if waiting.is_cancelled() {
                    return;
                }
                let due = timing.last_due(next, region.clock().now());
                last = Some(due);
                scheduler.fire(&region, &account, (&group, &name), due);
            }
            scheduler.complete(&region, &account, (&group, &name), last.is_some());
        });
    }

    /// Has the target of a schedule invoked.
    fn fire(&self, region: &Region, account: &str, (group, name): (&str, &str), due: Timestamp) {
        let delivery = self.with(region, account, |groups| {
            let group = groups.get_mut(group)?;
            let schedule = group.schedules.get_mut(name)?;
            schedule.last = Some(due);
            let execution = uuid::Uuid::new_v4().simple().to_string();
            Some(Delivery {
                account: account.to_owned(),
                group: group.name.clone(),
                group_arn: group.arn.clone(),
                target: schedule.settings.target.clone(),
                invocation: Invocation { schedule_arn: schedule.arn.clone(), due, execution },
            })
        });
        if let Some(delivery) = delivery {
            region.tasks().spawn(delivery.run(region.clone(), self.in_flight.begin()));
        }
    }

    /// Removes a schedule that never comes again, if it says so.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html>
    fn complete(&self, region: &Region, account: &str, (group, name): (&str, &str), fired: bool) {
        self.with(region, account, |groups| {
            let Some(group) = groups.get_mut(group) else { return };
            if fired && group.schedules.get(name).is_some_and(|schedule| schedule.settings.action_after_completion == "DELETE") {
                group.schedules.remove(name);
            }
        });
    }
}

/// A moment within a flexible time window of so many minutes.
fn offset(window: i64) -> SignedDuration {
    SignedDuration::from_secs(if window > 0 { rand::random_range(0..window.saturating_mul(60)) } else { 0 })
}
