//! Rules that fire: by schedule on the region's clock, and for an event.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightproof_core::Region;
use nightproof_core::document::whole_seconds;
use serde_json::{Value, json};

use crate::bus::DEFAULT;
use crate::delivery::Delivery;
use crate::records::Events;
use crate::rule::{Counted, Rule};

impl Events {
    /// Starts the task that waits for the rule's next occurrence, and ends an earlier one.
    pub(crate) fn schedule(&self, region: &Region, account: &str, rule: &mut Rule) {
        rule.waiting.cancel();
        rule.waiting = tokio_util::sync::CancellationToken::new();
        let Some((_, schedule)) = rule.schedule.clone().filter(|_| rule.enabled) else { return };
        let Some(events) = self.this.upgrade() else { return };
        let (region, account, name, waiting) = (region.clone(), account.to_owned(), rule.name.clone(), rule.waiting.clone());
        let mut last = rule.since;
        region.clone().tasks().spawn(async move {
            while let Some(next) = schedule.next_after(last, &TimeZone::UTC) {
                tokio::select! {
                    () = region.clock().sleep_until(next) => {}
                    () = waiting.cancelled() => return,
                    () = region.stopping().cancelled() => return,
                }
                let due = schedule.last_due(next, region.clock().now(), &TimeZone::UTC);
                // Cancelled while it was waking: the rule has been changed, disabled or deleted.
                if waiting.is_cancelled() {
                    return;
                }
                events.fire(&region, &account, (DEFAULT, &name), |arn| scheduled_event(&region, &account, arn, due));
                last = due;
            }
        });
    }

    /// Sends an event of a bus to its archives, and to the enabled rules whose pattern it matches and whose ARN is `wanted`.
    pub(crate) fn route(&self, region: &Region, account: &str, bus: &str, event: &Value, wanted: impl Fn(&str) -> bool) {
        let now = region.clock().now();
        let matching: Vec<String> = self.with(region, account, |records| {
            let Some(bus) = records.buses.get(bus) else { return Vec::new() };
            for archive in records.archives.values_mut().filter(|archive| archive.source == bus.arn) {
                archive.take(event, now);
            }
            let rules = bus.rules.values().filter(|rule| rule.enabled && wanted(&rule.arn));
            let matching = rules.filter(|rule| rule.pattern.as_ref().is_some_and(|(_, pattern)| pattern.matches(event)));
            matching.map(|rule| rule.name.clone()).collect()
        });
        for rule in matching {
            self.fire(region, account, (bus, &rule), |_| event.clone());
        }
    }

    /// Sends an event to all targets of a rule, by the names of its bus and its own.
    fn fire(&self, region: &Region, account: &str, (bus, name): (&str, &str), event: impl FnOnce(&str) -> Value) {
        let found = self.with(region, account, |records| {
            let rule = records.buses.get(bus)?.rules.get(name)?;
            Some((rule.arn.clone(), rule.targets.values().cloned().collect::<Vec<_>>()))
        });
        let Some((arn, targets)) = found else { return };
        Counted::Triggered.put(region, account, name);
        let event = event(&arn);
        for target in targets {
            let delivery = Delivery {
                account: account.to_owned(),
                rule: name.to_owned(),
                rule_arn: arn.clone(),
                target,
                event: event.clone(),
                taken: region.clock().now(),
            };
            region.tasks().spawn(delivery.run(region.clone(), self.in_flight.begin()));
        }
    }
}

/// <https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html>
fn scheduled_event(region: &Region, account: &str, rule_arn: &str, time: Timestamp) -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": whole_seconds(time).to_string(),
        "region": region.name(),
        "resources": [rule_arn],
        "detail": {},
    })
}
