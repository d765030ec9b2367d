//! An alarm as it is kept.

use jiff::Timestamp;
use nightproof_core::tags::Tags;
use serde_json::{Map, Value};

use super::composite::CompositeAlarm;
use super::configuration::Configuration;
use super::metric_alarm::MetricAlarm;
use super::state::{State, StateRecord, Verdict};

/// An alarm of either kind.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub(crate) configuration: Configuration,
    pub(crate) kind: Kind,
    pub(crate) tags: Tags,
    pub(crate) configured: Timestamp,
    pub(crate) state: StateRecord,
    /// Whether it has been evaluated since it was configured.
    pub(crate) evaluated: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Metric(Box<MetricAlarm>),
    Composite(Box<CompositeAlarm>),
}

impl Kind {
    /// `MetricAlarm`, as operations and histories call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Metric(_) => "MetricAlarm",
            Self::Composite(_) => "CompositeAlarm",
        }
    }
}

/// An alarm that has come to another state.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// As it is now.
    pub(crate) alarm: Alarm,
    pub(crate) before: StateRecord,
    /// ARN, state and the time of that, of the alarms that a composite one follows.
    pub(crate) children: Vec<super::composite::Child>,
    /// Whether its actions are held back by now.
    pub(crate) suppressed: bool,
}

impl Alarm {
    pub(crate) fn name(&self) -> &str {
        &self.configuration.name
    }

    pub(crate) fn metric(&self) -> Option<&MetricAlarm> {
        match &self.kind {
            Kind::Metric(alarm) => Some(alarm),
            Kind::Composite(_) => None,
        }
    }

    pub(crate) fn composite(&self) -> Option<&CompositeAlarm> {
        match &self.kind {
            Kind::Composite(alarm) => Some(alarm),
            Kind::Metric(_) => None,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state.verdict.state
    }

    /// Takes on a verdict; returns the state before it, if it was another.
    pub(crate) fn become_state(&mut self, verdict: Verdict, at: Timestamp) -> Option<StateRecord> {
        if self.state() == verdict.state {
            return None;
        }
        Some(std::mem::replace(&mut self.state, StateRecord { verdict, updated: at, transitioned: at }))
    }

    /// The shape `MetricAlarm` or `CompositeAlarm`.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = Map::new();
        self.configuration.describe(&mut shown);
        match &self.kind {
            Kind::Metric(alarm) => alarm.describe(&mut shown),
            Kind::Composite(alarm) => alarm.describe(&mut shown),
        }
        let StateRecord { verdict, updated, transitioned } = &self.state;
        let mut set = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
        set("AlarmConfigurationUpdatedTimestamp", self.configured.to_string().into());
        set("StateValue", verdict.state.name().into());
        set("StateReason", verdict.reason.as_str().into());
        set("StateUpdatedTimestamp", updated.to_string().into());
        set("StateTransitionedTimestamp", transitioned.to_string().into());
        if let Some(data) = &verdict.reason_data {
            set("StateReasonData", data.as_str().into());
        }
        Value::Object(shown)
    }
}
