//! The service `events`: EventBridge's default bus, rules by schedule and by pattern, and delivery to their targets.
//!
//! A rule's schedule runs on region time. Moved step by step, the clock makes every occurrence fire at its own time; moved
//! over several at once, it makes the last of them fire, once, since that is the one that is due then.

mod authorization;
pub mod cron;
mod delivery;
mod event_bus;
mod input;
pub mod pattern;
mod put_events;
mod resources;
mod rule;
mod rule_operations;
pub mod schedule;
mod tags;
mod target;
mod target_operations;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use nightproof_core::under_way;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};

use self::delivery::Delivery;
use self::event_bus::{DescribeEventBus, ListEventBuses, require_default_bus};
use self::put_events::{PutEvents, TestEventPattern};
use self::rule::{Counted, Rule};
use self::rule_operations::{DeleteRule, DescribeRule, DisableRule, EnableRule, ListRules, PutRule};
use self::tags::{ListTagsForResource, TagResource, UntagResource};
use self::target_operations::{ListRuleNamesByTarget, ListTargetsByRule, PutTargets, RemoveTargets};
pub use resources::resource_types;

/// How long is waited for targets that do not answer.
const QUIET_BOUND: Duration = Duration::from_secs(5);

/// The service.
pub struct Events {
    /// Rules of the default bus, by account and name.
    rules: Mutex<HashMap<String, BTreeMap<String, Rule>>>,
    /// Events that are on their way to a target at this moment, not those that wait to be tried again.
    under_way: under_way::Count,
    this: Weak<Self>,
}

impl Events {
    /// A service without rules.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self { rules: Mutex::default(), under_way: under_way::Count::default(), this: this.clone() })
    }

    /// When an enabled rule fires next by its schedule.
    pub fn next_occurrence(&self, account: &str, rule: &str, now: Timestamp) -> Option<Timestamp> {
        let rules = self.lock();
        let rule = rules.get(account)?.get(rule).filter(|rule| rule.enabled)?;
        let (_, schedule) = rule.schedule.as_ref()?;
        let mut next = schedule.next_after(rule.since)?;
        if next <= now {
            next = schedule.next_after(schedule.last_due(next, now))?;
        }
        Some(next)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, BTreeMap<String, Rule>>> {
        self.rules.lock()
    }

    /// Returns when no event is on its way to a target; soon at any rate, whatever a target takes.
    pub async fn quiet(&self) {
        self.under_way.none(QUIET_BOUND).await;
    }

    /// Runs `act` on a rule, by the names of its bus and its own.
    fn with_rule<T>(&self, call: &Call, bus: Option<&str>, name: &str, act: impl FnOnce(&mut Rule) -> T) -> Result<T, AwsError> {
        require_default_bus(bus)?;
        let mut rules = self.lock();
        match rules.get_mut(call.account()).and_then(|rules| rules.get_mut(name)) {
            Some(rule) => Ok(act(rule)),
            None => Err(no_rule(name)),
        }
    }

    /// Starts the task that waits for the rule's next occurrence, in place of an earlier one.
    fn schedule(&self, region: &Region, account: &str, rule: &mut Rule) {
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
    fn fire(&self, region: &Region, account: &str, name: &str, event: impl FnOnce(&str) -> Value) {
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
                under_way: self.under_way.begin(),
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
        "time": whole_seconds(time),
        "region": region.name(),
        "resources": [rule_arn],
        "detail": {},
    })
}

fn whole_seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

fn no_rule(name: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, format!("Rule {name} does not exist on EventBus default."))
}

operations!("events", Events:
    DeleteRule => delete_rule: ["= @rule"],
    DescribeEventBus => describe_event_bus: ["= @bus"],
    DescribeRule => describe_rule: ["= @rule"],
    DisableRule => disable_rule: ["= @rule"],
    EnableRule => enable_rule: ["= @rule"],
    ListEventBuses => list_event_buses: ["= *"],
    ListRuleNamesByTarget => list_rule_names_by_target: ["= *"],
    ListRules => list_rules: ["= *"],
    ListTagsForResource => list_tags_for_resource: ["= {ResourceARN}"],
    ListTargetsByRule => list_targets_by_rule: ["= @rule"],
    PutEvents => put_events: ["= @buses events:source=Entries.Source events:detail-type=Entries.DetailType"],
    PutRule => put_rule: ["= @rule events:detail-type=EventPattern.detail-type", "iam:PassRole {RoleArn} ?RoleArn iam:PassedToService='events.amazonaws.com'", "events:TagResource @rule ?Tags"],
    PutTargets => put_targets: ["= @target-rule events:TargetArn=Targets.Arn", "iam:PassRole {Targets.RoleArn} ?Targets.RoleArn iam:PassedToService='events.amazonaws.com'"],
    RemoveTargets => remove_targets: ["= @target-rule"],
    TagResource => tag_resource: ["= {ResourceARN}"],
    TestEventPattern => test_event_pattern: ["= *"],
    UntagResource => untag_resource: ["= {ResourceARN}"],
);

#[async_trait]
impl Service for Events {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let rules = self.lock();
        let rules = rules.get(call.account()).into_iter().flat_map(BTreeMap::values);
        rules.map(|rule| Tagged { arn: rule.arn.clone(), tags: rule.tags.clone().into_iter().collect() }).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.rule_tags(account, arn)
    }
}
