//! Evaluating alarms as region time passes: where the clock is moved over several moments at which alarms are due, at each of them, one
//! after the other.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;

use crate::records::CloudWatch;
use crate::transition::Outcome;

const MINUTE: i64 = 60;
/// Seconds between two looks at alarms whose periods are shorter than a minute.
const HASTY: i64 = 10;
/// Seconds that are caught up on: nothing that an alarm looks at is older than what comes before seven days.
const MOST: i64 = 9 * 24 * 3600;
/// Seconds before now for which gauges are looked at where the clock was moved.
const SAMPLED: i64 = 24 * 3600;
/// How long is waited for evaluations that are due: longer than days of minutes take on a busy machine, since a
/// notification that an alarm has not sent by then counts as one that it never sends.
const BOUND: Duration = Duration::from_secs(300);

impl CloudWatch {
    /// Evaluates, each time that alarms are due after `last`, until the region goes down.
    pub(super) async fn watch(&self, region: &Region, last: Timestamp) {
        let mut last = last.as_second();
        loop {
            let next = Timestamp::from_second(floor(last, self.step()) + self.step()).unwrap_or(Timestamp::MAX);
            tokio::select! {
                () = region.clock().sleep_until(next) => {}
                // There may be an alarm that is due earlier.
                () = self.changed.notified() => continue,
                () = region.stopping().cancelled() => return,
            }
            let now = region.clock().now().as_second();
            let from = last.max(now - MOST);
            sample(region, last, now);
            for account in self.accounts() {
                let step = self.account_step(&account);
                let due = ((floor(from, step) / step + 1)..=(now / step))
                    .filter_map(|step_number| Timestamp::from_second(step_number * step).ok());
                self.evaluate(region, &account, due, false).await;
            }
            last = floor(now, HASTY);
            self.evaluated.send_replace(Timestamp::from_second(last).unwrap_or_default());
        }
    }

    /// Seconds between two looks at an account's alarms.
    fn account_step(&self, account: &str) -> i64 {
        if self.with(account, |records| records.is_hasty()) { HASTY } else { MINUTE }
    }

    fn step(&self) -> i64 {
        self.accounts().iter().map(|account| self.account_step(account)).min().unwrap_or(MINUTE)
    }

    /// Evaluates an account's alarms at these moments, or only those that never were, and sends what follows.
    async fn evaluate(&self, region: &Region, account: &str, due: impl Iterator<Item = Timestamp>, only_new: bool) {
        let outcomes = self.with(account, |records| {
            let mut outcomes = Vec::new();
            for at in due {
                records.evaluate(region.metrics(), at, only_new, &mut outcomes);
            }
            outcomes
        });
        self.follow(region, account, outcomes).await;
    }

    /// Tells and does what follows from changes.
    pub(crate) async fn follow(&self, region: &Region, account: &str, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Changed(change) => self.notify(region, account, &change).await,
                Outcome::Released(change) => self.act(region, account, &change).await,
            }
        }
    }

    /// Evaluates the alarms that have not been since they were put, which otherwise takes until the next minute.
    pub async fn evaluate_new(&self, region: &Region) {
        for account in self.accounts() {
            self.evaluate(region, &account, std::iter::once(region.clock().now()), true).await;
        }
    }

    /// The moment up to which the clock has to be moved for alarms to see the present datapoints; `None` without alarms. If `missed`, up to
    /// where they see that datapoints have been missing since: until they no longer see the earlier ones.
    pub fn horizon(&self, account: &str, missed: bool, now: Timestamp) -> Option<Timestamp> {
        let memory = self.with(account, |records| {
            let memories = records.alarms.values().map(|alarm| alarm.metric().map_or(0, |metric| metric.condition.memory()));
            memories.max()
        })?;
        let span = if missed { SignedDuration::from_secs(memory) } else { SignedDuration::ZERO };
        let end = now.checked_add(span).ok()?.as_second();
        Timestamp::from_second(floor(end, MINUTE) + MINUTE).ok()
    }

    /// Returns when alarms have been evaluated up to that moment and their actions are done.
    pub async fn evaluated_up_to(&self, time: Timestamp) {
        let mut evaluated = self.evaluated.subscribe();
        let whole_minute = floor(time.as_second(), MINUTE);
        let _ = tokio::time::timeout(BOUND, evaluated.wait_for(|at| at.as_second() >= whole_minute)).await;
    }
}

/// Looks at gauges, as of each minute that has ended after `last`: alarms that look up to the end of a minute see what was in it.
fn sample(region: &Region, last: i64, now: i64) {
    let first = floor(last.max(now - SAMPLED), MINUTE) + MINUTE;
    let ends = (first..=now).step_by(usize::try_from(MINUTE).unwrap_or(60));
    ends.filter_map(|end| Timestamp::from_second(end - 1).ok()).for_each(|time| region.metrics().sample(time));
}

fn floor(second: i64, step: i64) -> i64 {
    second - second.rem_euclid(step)
}
