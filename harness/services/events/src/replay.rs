//! Replays: archived events that are sent to their bus again.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A replay's record.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    /// The ARN of the archive.
    pub(crate) source: String,
    pub(crate) destination: Destination,
    /// Which events: from this time on, and before the other.
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) last_replayed: Option<Timestamp>,
    pub(crate) state: State,
}

/// Where a replay goes. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Destination {
    /// The ARN of the bus.
    pub(crate) arn: String,
    /// The rules that get the events; all if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) filter_arns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Starting,
    Running,
    Cancelling,
    Completed,
    Cancelled,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Cancelling => "CANCELLING",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether it counts among the replays that an account may have at a time.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Cancelling)
    }
}

impl Replay {
    /// The shape `Replay`.
    pub(crate) fn listed(&self) -> Value {
        Value::Object(self.members())
    }

    /// `DescribeReplayResponse`.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = self.members();
        shown.insert("ReplayArn".into(), self.arn.clone().into());
        shown.insert("Destination".into(), json!(self.destination));
        if let Some(description) = &self.description {
            shown.insert("Description".into(), description.clone().into());
        }
        Value::Object(shown)
    }

    fn members(&self) -> Map<String, Value> {
        let times = [
            ("EventStartTime", Some(self.from)),
            ("EventEndTime", Some(self.until)),
            ("ReplayStartTime", Some(self.started)),
            ("ReplayEndTime", self.ended),
            ("EventLastReplayedTime", self.last_replayed),
        ];
        let texts = [("ReplayName", self.name.as_str()), ("EventSourceArn", &self.source), ("State", self.state.name())];
        let texts = texts.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
        let times = times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), Value::from(time?.to_string()))));
        texts.chain(times).collect()
    }
}
