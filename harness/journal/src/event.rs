//! What can be in a journal.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::outcome::Hop;
use crate::{ApiCall, Outcome, VERSION};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Version of the format.
    pub version: u32,
    /// When it happened: region time for calls, real time for the drill's own.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// An event at `time`.
    pub fn new(time: Timestamp, kind: EventKind) -> Self {
        Self { version: VERSION, time, kind }
    }

    /// An API call, at its own time.
    pub fn call(call: ApiCall) -> Self {
        Self::new(call.event_time, EventKind::Call { call: Box::new(call) })
    }
}

/// Kinds of events. In JSON the kind is the member `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// A drill begins.
    Started {
        /// Id of the run.
        run: String,
        /// Name of the stack that it makes.
        stack: String,
        /// Version of the program.
        program: String,
    },
    /// A step begins.
    StepStarted {
        /// Which.
        step: Step,
        /// 1 for the first night; absent for steps outside a night.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        night: Option<u32>,
    },
    /// Something within a step that is worth a line while one waits.
    Progress {
        /// Which.
        step: Step,
        /// A fragment: `WebServerInstance is CREATE_COMPLETE`.
        message: String,
    },
    /// A step is done.
    StepFinished {
        /// Which.
        step: Step,
        /// Wall time.
        seconds: f64,
        /// What it found or made, as a fragment.
        summary: String,
    },
    /// A step has failed, and the drill with it.
    StepFailed {
        /// Which.
        step: Step,
        /// Wall time.
        seconds: f64,
        /// Why.
        reason: String,
    },
    /// Something that did not break the night and should be mended.
    Finding(Finding),
    /// What was seen where the chain broke.
    Evidence(Evidence),
    /// An API call.
    Call {
        /// CloudTrail's record.
        call: Box<ApiCall>,
    },
    /// The end of a drill: its last event.
    Outcome {
        /// All that it came to.
        outcome: Box<Outcome>,
    },
}

/// Steps of a drill, in order; those from `fire` to `access_log` once a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The region starts.
    Start,
    /// The stack is created.
    Deploy,
    /// Instances become managed by SSM.
    Boot,
    /// Data is put on them.
    Seed,
    /// The rule's time comes.
    Fire,
    /// Rule, function, command and script are followed.
    Observe,
    /// The archive is looked at.
    Verify,
    /// It is downloaded, unpacked and compared.
    Restore,
    /// The upload shows in the access log.
    AccessLog,
    /// Everything is removed.
    Destroy,
}

impl Step {
    /// The name used in output: `access log`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Deploy => "deploy",
            Self::Boot => "boot",
            Self::Seed => "seed",
            Self::Fire => "fire",
            Self::Observe => "observe",
            Self::Verify => "verify",
            Self::Restore => "restore",
            Self::AccessLog => "access log",
            Self::Destroy => "destroy",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that did not break the night and should be mended; with `--strict` it fails the drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name of the rule: `open-port`, `no-access-log`.
    pub rule: String,
    /// What it is about: a logical id, bucket, function.
    pub subject: String,
    /// What is wrong, and its remedy.
    pub message: String,
}

/// Something seen where the chain broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which link it was seen at.
    pub hop: Hop,
    /// What it is: `standard error on i-0123`.
    pub title: String,
    /// As found, cut at a few thousand characters.
    pub text: String,
}
