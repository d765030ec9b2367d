//! Rules and their targets, as they are kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::pattern::Pattern;
use super::schedule::Schedule;

/// What happened to a rule's invocations, as CloudWatch counts it.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleMetrics {
    /// Times the rule was triggered.
    pub triggered_rules: u64,
    /// Attempts to invoke a target, first ones and retries.
    pub invocations: u64,
    /// Events that were given up.
    pub failed_invocations: u64,
    /// Events that went to a dead-letter queue.
    pub dead_letter_invocations: u64,
}

/// One more of something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    Triggered,
    Invocation,
    Failed,
    DeadLetter,
}

impl Counted {
    /// What CloudWatch calls it. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
    pub(super) fn metric(self) -> &'static str {
        match self {
            Self::Triggered => "TriggeredRules",
            Self::Invocation => "Invocations",
            Self::Failed => "FailedInvocations",
            Self::DeadLetter => "InvocationsSentToDlq",
        }
    }
}

impl RuleMetrics {
    pub(super) fn add(&mut self, counted: Counted) {
        *match counted {
            Counted::Triggered => &mut self.triggered_rules,
            Counted::Invocation => &mut self.invocations,
            Counted::Failed => &mut self.failed_invocations,
            Counted::DeadLetter => &mut self.dead_letter_invocations,
        } += 1;
    }
}

/// A rule of the default bus.
#[derive(Debug)]
pub(super) struct Rule {
    pub arn: String,
    pub name: String,
    pub enabled: bool,
    pub description: Option<String>,
    pub role_arn: Option<String>,
    pub schedule: Option<(String, Schedule)>,
    pub pattern: Option<(String, Pattern)>,
    pub managed_by: Option<String>,
    pub targets: BTreeMap<String, Value>,
    pub tags: BTreeMap<String, String>,
    pub metrics: RuleMetrics,
    /// Ends the task that waits for the next occurrence.
    pub waiting: CancellationToken,
    /// The moment from which a rate counts.
    pub since: Timestamp,
}

impl Rule {
    /// The shape `Rule`, and `DescribeRuleResponse` but for its creator.
    pub(super) fn describe(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("Name".into(), self.name.clone().into());
        shown.insert("Arn".into(), self.arn.clone().into());
        shown.insert("State".into(), if self.enabled { "ENABLED" } else { "DISABLED" }.into());
        shown.insert("EventBusName".into(), "default".into());
        let optional = [
            ("Description", self.description.as_ref()),
            ("RoleArn", self.role_arn.as_ref()),
            ("ScheduleExpression", self.schedule.as_ref().map(|(text, _)| text)),
            ("EventPattern", self.pattern.as_ref().map(|(text, _)| text)),
            ("ManagedBy", self.managed_by.as_ref()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                shown.insert(name.into(), value.clone().into());
            }
        }
        Value::Object(shown)
    }

    pub(super) fn tag_list(&self) -> Vec<Value> {
        self.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        self.waiting.cancel();
    }
}
