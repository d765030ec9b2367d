//! The record of a session.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::stamp::stamp;

/// Where a session is. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Session.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// One of its ends is not there yet.
    Connecting,
    /// Both ends are there.
    Connected,
    /// Its client has gone, and may come again.
    Disconnected,
    /// It is over.
    Terminated,
    /// It is over, and the agent could not run it.
    Failed,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Connecting => "Connecting",
            Self::Connected => "Connected",
            Self::Disconnected => "Disconnected",
            Self::Terminated => "Terminated",
            Self::Failed => "Failed",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Terminated | Self::Failed)
    }
}

/// A session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The name of whoever has started it, and something random.
    pub(crate) id: String,
    /// The instance.
    pub(crate) target: String,
    pub(crate) status: Status,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    /// The name of the document.
    pub(crate) document: String,
    /// The document, and the parameters that it gets.
    pub(crate) content: Value,
    pub(crate) parameters: Value,
    /// The ARN of whoever has started it.
    pub(crate) owner: String,
    pub(crate) reason: Option<String>,
    /// What the agent said of its end.
    pub(crate) details: String,
    /// Minutes, if it is bounded.
    pub(crate) longest: Option<u64>,
}

impl Session {
    /// As `DescribeSessions` answers it.
    pub(crate) fn describe(&self) -> Value {
        let texts = [
            ("SessionId", Some(self.id.clone())),
            ("Target", Some(self.target.clone())),
            ("Status", Some(self.status.word().to_owned())),
            ("StartDate", Some(stamp(self.started))),
            ("EndDate", self.ended.map(stamp)),
            ("DocumentName", Some(self.document.clone())),
            ("Owner", Some(self.owner.clone())),
            ("Reason", self.reason.clone()),
            ("Details", Some(self.details.clone()).filter(|details| !details.is_empty())),
            ("MaxSessionDuration", self.longest.map(|minutes| minutes.to_string())),
            ("AccessType", Some("Standard".to_owned())),
        ];
        let described: Map<String, Value> =
            texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))).collect();
        Value::Object(described)
    }
}
