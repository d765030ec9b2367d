//! What the agent reports of a command.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::output;
use super::version::VERSION;

/// How a plugin, or a whole document, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Status {
    Skipped,
    Success,
    /// To be run again after a reboot; the service takes it for `InProgress`.
    SuccessAndReboot,
    InProgress,
    Failed,
    TimedOut,
    Cancelled,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Skipped => "Skipped",
            Self::Success => "Success",
            Self::SuccessAndReboot => "SuccessAndReboot",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// What came of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub status: Status,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// What is told of both together, where that is not made of them: of a step that did not run, and of one before something was added to its streams.
    pub output: Option<String>,
}

impl Outcome {
    /// A plugin that printed this.
    pub(super) fn printed(status: Status, code: i32, stdout: String, stderr: String) -> Self {
        Self { status, code, stdout, stderr, output: None }
    }

    /// One that has nothing to say.
    pub(super) fn silent() -> Self {
        Self::printed(Status::Success, 0, String::new(), String::new())
    }

    /// Keeps what is told of both streams as it is now.
    pub(super) fn keep_output(&mut self) {
        self.output.get_or_insert_with(|| output::both(&self.stdout, &self.stderr));
    }

    /// A plugin that could not do its work.
    pub(super) fn failed(reason: &str) -> Self {
        Self::printed(Status::Failed, 1, String::new(), reason.to_owned())
    }

    /// A step that the agent does not know how to run.
    pub(super) fn refused(reason: String) -> Self {
        Self { output: Some(reason), ..Self::failed("") }
    }

    /// A plugin that was not for this machine.
    pub(super) fn skipped(reason: String) -> Self {
        Self { status: Status::Skipped, output: Some(reason), ..Self::silent() }
    }
}

/// The report of one plugin.
pub(super) fn plugin(
    (id, action): (&str, &str),
    outcome: &Outcome,
    (bucket, prefix): (&str, &str),
    (started, ended): (jiff::Timestamp, jiff::Timestamp),
) -> Value {
    json!({
        "status": outcome.status.word(),
        "code": outcome.code,
        "name": action,
        "output": outcome.output.clone().unwrap_or_else(|| output::both(&outcome.stdout, &outcome.stderr)),
        "startDateTime": started.to_string(),
        "endDateTime": ended.to_string(),
        "outputS3BucketName": bucket,
        "outputS3KeyPrefix": prefix,
        "stepName": id,
        "standardOutput": outcome.stdout,
        "standardError": outcome.stderr,
    })
}

/// A reply: the document's status and its plugins'.
pub(super) fn reply(status: Status, trace: &str, plugins: &Map<String, Value>, now: jiff::Timestamp) -> Value {
    let mut counts = Map::new();
    for word in plugins.values().filter_map(|plugin| plugin.get("status")?.as_str()) {
        let count = counts.get(word).and_then(Value::as_u64).unwrap_or(0) + 1;
        counts.insert(word.to_owned(), count.into());
    }
    json!({
        "additionalInfo": {
            "agent": {"lang": "en-US", "name": "amazon-ssm-agent", "os": "", "osver": "1", "ver": VERSION},
            "dateTime": now.to_string(),
            "runId": "",
            "runtimeStatusCounts": counts,
        },
        "documentStatus": status.word(),
        "documentTraceOutput": trace,
        "runtimeStatus": plugins,
    })
}
