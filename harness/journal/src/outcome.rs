//! What a drill came to.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Evidence, Finding, Step};

/// What a drill came to: the last event of its journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Version of this shape.
    pub version: u32,
    /// Id of the run.
    pub run: String,
    /// Name of the stack.
    pub stack: String,
    /// Passed or not.
    pub result: Verdict,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The last night's archive; of several instances the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
    /// What restoring it showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<RestoreCheck>,
    /// Where its upload was logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_log: Option<AccessLog>,
    /// All nights, with each instance's archive.
    pub nights: Vec<Night>,
    /// Shown always; they fail a strict drill.
    pub findings: Vec<Finding>,
    /// What the drill made and could not remove, as `kind name`.
    pub leftovers: Vec<String>,
    /// Wall time by step.
    pub steps: Vec<StepTime>,
}

/// The result in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The archive is there, encrypted, and restores.
    Passed,
    /// It does not, or a strict drill has findings.
    Failed,
    /// The backup is good and something of the drill was left behind.
    Leftovers,
    /// Ended by a signal.
    Interrupted,
}

/// Links of the chain from the schedule to the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hop {
    /// CloudFormation makes the stack.
    Stack,
    /// EventBridge invokes the function.
    Rule,
    /// Lambda runs the handler.
    Function,
    /// SSM takes the command and finds its targets.
    Command,
    /// An instance fetches it.
    Instance,
    /// The script runs.
    Script,
    /// The archive is in the bucket.
    Object,
    /// The archive restores.
    Archive,
    /// The upload is in the access log.
    AccessLog,
    /// The drill itself, or the region under it.
    Drill,
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stack => "stack",
            Self::Rule => "rule",
            Self::Function => "function",
            Self::Command => "command",
            Self::Instance => "instance",
            Self::Script => "script",
            Self::Object => "object",
            Self::Archive => "archive",
            Self::AccessLog => "access log",
            Self::Drill => "drill",
        })
    }
}

/// Where and why the chain broke.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The step that noticed.
    pub step: Step,
    /// The link that broke.
    pub hop: Hop,
    /// Why.
    pub reason: String,
    /// What was seen.
    pub evidence: Vec<Evidence>,
}

/// One night.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Night {
    /// 1 for the first.
    pub number: u32,
    /// When the rule fired, in region time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired: Option<Timestamp>,
    /// One per instance.
    pub archives: Vec<ArchiveOf>,
}

/// The archive of one instance and what was checked of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArchiveOf {
    /// `i-…`.
    pub instance: String,
    /// The object.
    pub archive: Archive,
    /// What restoring it showed; absent if that was not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<RestoreCheck>,
    /// Where its upload was logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_log: Option<AccessLog>,
}

/// An archive, as the bucket describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Size.
    pub bytes: u64,
    /// `aws:kms`, `AES256`, or `none`.
    pub encryption: String,
    /// ARN of the KMS key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

/// What restoring an archive showed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RestoreCheck {
    /// Entries that were seeded: files, symbolic links and folders.
    pub files: u64,
    /// Of these, those that came back with the same bytes, mode and path.
    pub identical: u64,
    /// Seeded and not in the archive; the first hundred.
    pub missing: Vec<String>,
    /// In the archive and not seeded; the first hundred.
    pub extra: Vec<String>,
    /// With what differs; the first hundred.
    pub different: Vec<String>,
}

/// The line of a server access log that records an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLog {
    /// Log bucket.
    pub bucket: String,
    /// Log object.
    pub key: String,
}

/// Wall time of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// Which.
    pub step: Step,
    /// Seconds.
    pub seconds: f64,
}
