//! What metric alarms and composite alarms have in common.

use nightproof_core::service::AwsError;
use serde_json::{Map, Value};

use super::state::State;

/// The name of an alarm, and what it does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Configuration {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) actions_enabled: bool,
    /// ARNs.
    pub(crate) ok_actions: Vec<String>,
    pub(crate) alarm_actions: Vec<String>,
    pub(crate) insufficient_data_actions: Vec<String>,
}

impl Configuration {
    /// What is done when the alarm comes to this state.
    pub(crate) fn actions(&self, state: State) -> &[String] {
        match state {
            State::Ok => &self.ok_actions,
            State::Alarm => &self.alarm_actions,
            State::InsufficientData => &self.insufficient_data_actions,
        }
    }

    pub(crate) fn all_actions(&self) -> impl Iterator<Item = &String> {
        self.ok_actions.iter().chain(&self.alarm_actions).chain(&self.insufficient_data_actions)
    }

    /// Its members as they are described.
    pub(crate) fn describe(&self, shown: &mut Map<String, Value>) {
        let mut set = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
        set("AlarmName", self.name.as_str().into());
        set("AlarmArn", self.arn.as_str().into());
        set("ActionsEnabled", self.actions_enabled.into());
        set("OKActions", self.ok_actions.clone().into());
        set("AlarmActions", self.alarm_actions.clone().into());
        set("InsufficientDataActions", self.insufficient_data_actions.clone().into());
        if let Some(description) = &self.description {
            set("AlarmDescription", description.as_str().into());
        }
    }
}

/// A name that no alarm has.
pub(crate) fn no_alarm() -> AwsError {
    AwsError::new("ResourceNotFound", 404, "")
}
