//! Evaluating alarms, each minute of region time: where the clock is moved over several, each of them, one after the other.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;
use nightproof_core::document::Members as _;

use crate::alarm::Alarm;
use crate::evaluation::State;
use crate::notification as action;
use crate::records::CloudWatch;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Minutes that are caught up on: nothing that an alarm looks at is older than what comes before seven days.
const MOST: i64 = 9 * 24 * 60;
/// How long is waited for evaluations that are due.
const BOUND: Duration = Duration::from_secs(10);

impl CloudWatch {
    /// Evaluates, each minute after `last`, until the region goes down.
    pub(super) async fn watch(&self, region: &Region, mut last: Timestamp) {
        loop {
            tokio::select! {
                () = region.clock().sleep_until(last + MINUTE) => {}
                () = region.stopping().cancelled() => return,
            }
            let now = whole_minute(region.clock().now());
            let minutes = (now.as_second() - last.as_second()) / 60;
            let due: Vec<Timestamp> = (0..minutes.min(MOST))
                .rev()
                .filter_map(|back| now.checked_sub(MINUTE * i32::try_from(back).ok()?).ok())
                .collect();
            for account in self.accounts() {
                self.evaluate(region, &account, None, &due).await;
            }
            self.evaluated.send_replace(now);
            last = now;
        }
    }

    /// Evaluates an account's alarms, or one of them, at these moments, and notifies of each change. An alarm that was put later than a moment
    /// is left alone.
    pub(super) async fn evaluate(&self, region: &Region, account: &str, only: Option<&str>, due: &[Timestamp]) {
        let changed: Vec<(Alarm, State)> = self.with(account, |alarms| {
            let mut changed = Vec::new();
            for alarm in alarms.values_mut().filter(|alarm| only.is_none_or(|name| alarm.name() == name)) {
                let (values, configured) = (values(region, account, alarm), alarm.configured);
                for at in due.iter().filter(|at| **at >= configured) {
                    let Some(verdict) = alarm.condition.verdict(&values, *at) else { continue };
                    if let Some(before) = alarm.become_state(verdict, *at) {
                        changed.push((alarm.clone(), before));
                    }
                }
            }
            changed
        });
        for (alarm, before) in changed {
            action::notify(region, account, &alarm, before).await;
        }
    }

    /// The moment up to which the clock has to be moved for alarms to see the present datapoints; `None` without alarms. If `missed`, up to
    /// where they see that datapoints have been missing since: until they no longer see the earlier ones.
    pub fn horizon(&self, account: &str, missed: bool, now: Timestamp) -> Option<Timestamp> {
        let memory = self.with(account, |alarms| alarms.values().map(|alarm| alarm.condition.memory()).max())?;
        let span = if missed { SignedDuration::from_secs(memory) } else { SignedDuration::ZERO };
        now.checked_add(span).and_then(|time| whole_minute(time).checked_add(MINUTE)).ok()
    }

    /// Returns when alarms have been evaluated up to that moment and their topics are notified.
    pub async fn evaluated_up_to(&self, time: Timestamp) {
        let mut evaluated = self.evaluated.subscribe();
        let _ = tokio::time::timeout(BOUND, evaluated.wait_for(|at| *at >= whole_minute(time))).await;
    }
}

pub(super) fn whole_minute(time: Timestamp) -> Timestamp {
    let second = time.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(time)
}

/// The values of the alarm's metric; empty if nothing counts it.
fn values(region: &Region, account: &str, alarm: &Alarm) -> Vec<(Timestamp, f64)> {
    let configuration = &alarm.configuration;
    let name = configuration.required("MetricName");
    if configuration.text("Unit").is_some_and(|unit| unit != super::metric::unit(name)) {
        return Vec::new();
    }
    super::metric::values(region, account, configuration)
}
