//! Rules and their targets, as they are kept.

use nightproof_core::tags::Tags;
use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::metrics::Metric;
use nightproof_event_pattern::Pattern;
use nightproof_schedule::Schedule;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::target::Target;

/// One more of what CloudWatch counts of a rule. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    /// The rule was triggered.
    Triggered,
    /// An attempt to invoke a target, the first or a retry.
    Invocation,
    /// An event was given up.
    Failed,
    /// An event went to a dead-letter queue.
    DeadLetter,
    /// A dead-letter queue did not take an event, which is lost.
    Lost,
}

impl Counted {
    pub(super) fn metric(self) -> &'static str {
        match self {
            Self::Triggered => "TriggeredRules",
            Self::Invocation => "Invocations",
            Self::Failed => "FailedInvocations",
            Self::DeadLetter => "InvocationsSentToDlq",
            Self::Lost => "InvocationsFailedToBeSentToDlq",
        }
    }

    pub(super) fn put(self, region: &Region, account: &str, rule: &str) {
        let metric = Metric::by(account, "AWS/Events", self.metric(), "RuleName", rule);
        region.metrics().put(metric, region.clock().now(), 1.0, "Count");
    }
}

/// A rule of a bus.
#[derive(Debug)]
pub(super) struct Rule {
    pub arn: String,
    pub name: String,
    /// The name of its bus.
    pub bus: String,
    pub enabled: bool,
    pub description: Option<String>,
    pub role_arn: Option<String>,
    pub schedule: Option<(String, Schedule)>,
    pub pattern: Option<(String, Pattern)>,
    pub managed_by: Option<String>,
    pub targets: BTreeMap<String, Target>,
    pub tags: Tags,
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
        shown.insert("EventBusName".into(), self.bus.clone().into());
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
}

impl Drop for Rule {
    fn drop(&mut self) {
        self.waiting.cancel();
    }
}
