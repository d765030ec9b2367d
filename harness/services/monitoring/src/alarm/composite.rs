//! Composite alarms: their states follow from those of others.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html>

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::rule::{Rule, name_of};
use super::state::{State, StateRecord, Verdict};

/// An alarm on alarms.
#[derive(Debug, Clone)]
pub(crate) struct CompositeAlarm {
    /// As it was given.
    pub(crate) rule_text: String,
    pub(crate) rule: Rule,
    pub(crate) suppressor: Option<Suppressor>,
    /// Why its actions are held back.
    pub(crate) suppressed: Option<Suppressed>,
    /// The state before the change whose actions are held back, and the alarms that it followed.
    pub(crate) held: Option<(StateRecord, Vec<Child>)>,
}

/// An alarm that holds the actions of another one back while it is in ALARM.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Suppressor {
    /// A name or an ARN.
    pub(crate) alarm: String,
    /// How long actions wait for the suppressor to go off.
    pub(crate) wait: SignedDuration,
    /// How long actions are held back after it has ended.
    pub(crate) extension: SignedDuration,
}

/// Actions that are held back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Suppressed {
    pub(crate) by: By,
    /// Until when; `None` while the suppressor is in ALARM.
    pub(crate) until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    WaitPeriod,
    ExtensionPeriod,
    Alarm,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::WaitPeriod => "WaitPeriod",
            Self::ExtensionPeriod => "ExtensionPeriod",
            Self::Alarm => "Alarm",
        }
    }
}

impl Suppressor {
    pub(crate) fn alarm_name(&self) -> &str {
        name_of(&self.alarm)
    }
}

/// A child of a composite alarm, and its state.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) arn: String,
    pub(crate) state: StateRecord,
}

impl CompositeAlarm {
    /// The names of the alarms that its rule is about.
    pub(crate) fn children(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.rule.alarms().into_iter().map(name_of).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Its state, for those of others by name.
    pub(crate) fn state(&self, state: &impl Fn(&str) -> Option<State>) -> State {
        if self.rule.holds(&|alarm: &str| state(name_of(alarm))) { State::Alarm } else { State::Ok }
    }

    /// Its members as they are described.
    pub(crate) fn describe(&self, shown: &mut Map<String, Value>) {
        let mut set = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
        set("AlarmRule", self.rule_text.as_str().into());
        if let Some(suppressor) = &self.suppressor {
            set("ActionsSuppressor", suppressor.alarm.as_str().into());
            set("ActionsSuppressorWaitPeriod", suppressor.wait.as_secs().into());
            set("ActionsSuppressorExtensionPeriod", suppressor.extension.as_secs().into());
        }
        if let Some(suppressed) = self.suppressed {
            set("ActionsSuppressedBy", suppressed.by.name().into());
            let reason = match (suppressed.by, suppressed.until) {
                (By::Alarm, _) | (_, None) => "Actions are suppressed as the suppressor alarm is in ALARM".to_owned(),
                (_, Some(until)) => format!("Actions are suppressed until {}", stamp(until)),
            };
            set("ActionsSuppressedReason", reason.into());
        }
    }
}

/// The verdict on an alarm whose state has changed with that of `child`, or, if there is none, that was just `put`.
pub(crate) fn verdict(state: State, arn: &str, put: &str, child: Option<&Child>, children: &[Child]) -> Verdict {
    let reason = match child {
        Some(child) => {
            let time = child.state.transitioned.strftime("%A %d %B, %Y %H:%M:%S UTC");
            format!("{} transitioned to {} at {time}", child.arn, child.state.verdict.state.name())
        }
        None => format!("{arn} was {put} and its alarm rule evaluates to {}", state.name()),
    };
    let shown = |child: &Child| {
        let StateRecord { verdict, transitioned, .. } = &child.state;
        json!({ "arn": child.arn, "state": { "value": verdict.state.name(), "timestamp": stamp(*transitioned) } })
    };
    let triggering: Vec<Value> = match child {
        Some(child) => vec![shown(child)],
        None => children.iter().map(shown).collect(),
    };
    Verdict { state, reason, reason_data: Some(json!({ "triggeringAlarms": triggering }).to_string()) }
}

/// `2026-11-23T03:00:00.000+0000`
pub(crate) fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}
