//! Rules that fire: by schedule on the region's clock, and for an event.

use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::document::whole_seconds;
use serde_json::{Value, json};

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
            while let Some(next) = schedule.next_after(last) {
                tokio::select! {
                    () = region.clock().sleep_until(next) => {}
                    () = waiting.cancelled() => return,
                    () = region.stopping().cancelled() => return,
                }
                let due = schedule.last_due(next, region.clock().now());
                // Cancelled while it was waking: the rule has been changed, disabled or deleted.
                if waiting.is_cancelled() {
                    return;
                }
                events.fire(&region, &account, &name, |arn| scheduled_event(&region, &account, arn, due));
                last = due;
            }
        });
    }

    /// Sends an event to all targets of a rule.
    pub(crate) fn fire(&self, region: &Region, account: &str, name: &str, event: impl FnOnce(&str) -> Value) {
        let (arn, targets) = {
            let rules = self.lock();
            let Some(rule) = rules.get(account).and_then(|rules| rules.get(name)) else { return };
            (rule.arn.clone(), rule.targets.values().cloned().collect::<Vec<_>>())
        };
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
                in_flight: self.in_flight.begin(),
            };
            region.tasks().spawn(delivery.run(region.clone()));
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
