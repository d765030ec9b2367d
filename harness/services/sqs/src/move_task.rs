//! Tasks that move messages of a dead-letter queue back, or elsewhere.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A task's record.
#[derive(Debug, Clone)]
pub(crate) struct MoveTask {
    pub(crate) id: String,
    /// The dead-letter queue.
    pub(crate) source: String,
    /// `None`: each message goes to the queue that it came from.
    pub(crate) destination: Option<String>,
    pub(crate) per_second: Option<i64>,
    pub(crate) moved: u64,
    pub(crate) to_move: usize,
    pub(crate) started: Timestamp,
    pub(crate) status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Running,
    Completed,
    Cancelling,
    Cancelled,
    Failed,
}

/// What a handle says.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handle {
    pub(crate) task_id: String,
    pub(crate) source_arn: String,
}

impl Handle {
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()
    }
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

impl MoveTask {
    pub(crate) fn handle(&self) -> String {
        STANDARD.encode(json!(Handle { task_id: self.id.clone(), source_arn: self.source.clone() }).to_string())
    }

    pub(crate) fn is_active(&self) -> bool {
        matches!(self.status, Status::Running | Status::Cancelling)
    }

    /// The shape `ListMessageMoveTasksResultEntry`.
    pub(crate) fn describe(&self) -> Value {
        let members = [
            ("TaskHandle", (self.status == Status::Running).then(|| self.handle().into())),
            ("Status", Some(self.status.name().into())),
            ("SourceArn", Some(self.source.clone().into())),
            ("DestinationArn", self.destination.clone().map(Value::from)),
            ("MaxNumberOfMessagesPerSecond", self.per_second.map(Value::from)),
            ("ApproximateNumberOfMessagesMoved", Some(self.moved.into())),
            ("ApproximateNumberOfMessagesToMove", Some(self.to_move.into())),
            ("FailureReason", (self.status == Status::Failed).then(|| "AWS.SimpleQueueService.NonExistentQueue".into())),
            ("StartedTimestamp", Some(self.started.as_millisecond().into())),
        ];
        let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(there.collect::<Map<_, _>>())
    }
}
