//! States of alarms.

use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    pub(crate) fn read(name: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.name() == name)
    }
}

/// A state, and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) reason: String,
    /// JSON.
    pub(crate) reason_data: Option<String>,
}

/// A state that an alarm is or was in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StateRecord {
    pub(crate) verdict: Verdict,
    /// When it was found to be so.
    pub(crate) updated: Timestamp,
    /// When it came to this state.
    pub(crate) transitioned: Timestamp,
}

impl StateRecord {
    /// The state of an alarm that has not been evaluated.
    pub(crate) fn unchecked(now: Timestamp) -> Self {
        let reason = "Unchecked: Initial alarm creation".to_owned();
        let verdict = Verdict { state: State::InsufficientData, reason, reason_data: None };
        Self { verdict, updated: now, transitioned: now }
    }
}
