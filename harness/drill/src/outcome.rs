//! What a drill came to.

use nightproof_journal::Event;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attack::result::Attack;
use crate::evidence::notifications::Notification;
use crate::numbers::{Numbers, RestorePart};
use crate::{FailurePoint, Guessed, Hop, Step};

/// Version of [`Outcome`]'s serialized form.
pub(crate) const VERSION: u32 = 2;

/// What a drill came to. Also the last event of its journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Version of this form.
    pub version: u32,
    /// Id of the run.
    pub run: String,
    /// Name of the stack.
    pub stack: String,
    /// In a word.
    pub result: DrillResult,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What the local region lacks, each item with its place: why it could not be rehearsed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_supported: Vec<String>,
    /// Types and properties of the stack that the local region keeps as a record, behind which nothing runs, each with its resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<String>,
    /// Values that were made up for parameters of the stack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guessed: Vec<Guessed>,
    /// Hops that this stack's chain does not have: `function`, where the rule sends the command by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Hop>,
    /// What does the work of a hop where it is not the usual service: a maintenance window that of EventBridge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The first archive of the last night.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
    /// All nights that were begun.
    pub nights: Vec<Night>,
    /// What did not break a night and should be mended.
    pub findings: Vec<Finding>,
    /// What the comparison left out, as the plan says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<LeftOut>,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub numbers: Numbers,
    /// SNS notifications, up to when the drill removed what it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notifications: Vec<Notification>,
    /// Why the plan's negative control cannot be made of this backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
    /// What was tried against the archives of the last night, if the plan said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<Attack>,
    /// What the drill made and could not remove: `bucket x`.
    pub leftovers: Vec<String>,
    /// Each step with its wall time.
    pub steps: Vec<StepTime>,
}

impl Outcome {
    /// As the last event of a journal. Wrapped, since a record and an outcome each have a `version`.
    pub(crate) fn event(&self) -> Event {
        Event::Outcome(serde_json::json!({ "outcome": self }))
    }

    /// The outcome in the document of such an event; `None` if it has another version.
    pub fn from_event(document: &Value) -> Option<Self> {
        serde_json::from_value(document.get("outcome")?.clone()).ok()
    }
}

/// What does the work of a hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The hop.
    pub hop: Hop,
    /// As people call it: `Maintenance window`.
    pub name: String,
}

/// The result of a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillResult {
    /// Every archive is there, encrypted, of its night, and restores.
    Passed,
    /// One is or does not, or a strict drill has findings.
    Failed,
    /// The local region lacks something that AWS has, so that nothing can be said of the backup.
    NotSupported,
    /// Ended by its caller before it could say.
    Interrupted,
}

impl DrillResult {
    /// The result as a verb of the past: a drill `failed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotSupported => "is not supported here",
            Self::Interrupted => "was interrupted",
        }
    }
}

/// Where and why the chain broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The hop that broke, or another point of failure.
    #[serde(rename = "hop")]
    pub point: FailurePoint,
    /// Why, as a fragment.
    pub reason: String,
    /// What was seen there, one item of one or more lines each.
    pub evidence: Vec<String>,
}

/// One night.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Night {
    /// From 1.
    pub night: u32,
    /// Name of what started it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trigger: String,
    /// What each instance that was backed up left: an archive, or several that together hold its data.
    pub archives: Vec<Archive>,
    /// When all that this night left to restore from was there, if it restores: seconds since 1970 on the region's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restorable: Option<i64>,
    /// What the restore took, part by part; of several machines the sum, as they are restored one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restore: Vec<RestorePart>,
}

impl Night {
    /// Size of all that the night left.
    pub fn bytes(&self) -> u64 {
        self.archives.iter().map(|archive| archive.bytes).sum()
    }
}

/// An archive and what was found of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// The instance it came from.
    pub instance: String,
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Version, in a versioned bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Size.
    pub bytes: u64,
    /// How many objects it is, if it is several: parts of an archive, or plain files, of which `key` is what their keys begin with.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub objects: u64,
    /// `aws:kms`, `aws:kms:dsse`, `AES256` or `none`.
    pub encryption: String,
    /// ARN of the KMS key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// What it was found to be when it was opened: `tar in gzip`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub form: String,
    /// Files, symbolic links and folders that were seeded.
    pub files: u64,
    /// All of them came back with the same path, mode and bytes; where no tree is compared, the fingerprint.
    pub identical: bool,
    /// SHA-256 of what the restored machine said, which is what its original said before the night.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What did not, or was not seeded; the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
    /// `s3://bucket/key` of the access log that has the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_log: Option<String>,
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What did not break a night and should be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name: `open-port`, `no-access-log`.
    pub id: String,
    /// In a sentence, with its remedy.
    pub detail: String,
}

/// A path that the comparison left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Below the data path, with wildcards.
    pub path: String,
    /// Why.
    pub reason: String,
    /// How many files, folders and links of the data it is.
    pub entries: u64,
}

/// How long a step took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// Which step.
    pub step: Step,
    /// From 1; for steps outside a night, 1.
    pub night: u32,
    /// Wall time.
    pub milliseconds: f64,
    /// How it ended.
    pub outcome: nightproof_journal::StepOutcome,
    /// What was seen, or why it failed.
    pub detail: String,
}
