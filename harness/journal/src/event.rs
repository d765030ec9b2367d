//! What a journal holds.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ApiCall, Later, PastDrill};

/// Version of the serialized form of [`Record`].
pub const VERSION: u32 = 1;

/// Id of the finding that a machine's `sh` is not its platform's.
pub const OTHER_SHELL: &str = "other-shell";
/// A finding of a machine: a package that was to be installed there cannot be had.
pub const MISSING_PACKAGE: &str = "missing-package";
/// A finding of a machine: its user data asks for something that no machine does.
pub const NOT_ACTED_UPON: &str = "not-acted-upon";

/// Id of the finding that AWS blocks a function's runtime, or will before long.
pub const RUNTIME_LIFECYCLE: &str = "runtime-lifecycle";

/// Id of the finding that the drift of a resource was not looked at, since this region does not read resources of its type.
pub const DRIFT_NOT_CHECKED: &str = "drift-not-checked";

/// Id of the finding that a function runs on another version of its language than its runtime's.
pub const OTHER_RUNTIME: &str = "other-runtime";

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`VERSION`] of whoever wrote it.
    pub version: u32,
    /// Position in the journal, from 0.
    pub sequence: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// When: microseconds since the journal was begun.
    #[serde(default)]
    pub at: u64,
}

/// Something that happened in a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A drill begins.
    DrillStarted {
        /// Its id.
        run: String,
        /// What it runs against: `embedded`, `localstack`, `aws`.
        cloud: String,
        /// The stack it deploys.
        stack: String,
    },
    /// How long each step of the last drill took that passed on a local region of this machine, to read this drill's times beside.
    LocalTimes {
        /// That drill's id.
        run: String,
        /// Its steps, in order.
        steps: Vec<LocalTime>,
    },
    /// Drills before this one, oldest first, as a file of history has them.
    History {
        /// The drills.
        drills: Vec<PastDrill>,
    },
    /// A step begins.
    StepStarted {
        /// `deploy`, `audit`, `boot`, `seed`, `fire`, `observe`, `verify`, `restore`, `access-log`, `metrics`, `notice`,
        /// `attack`, `dead-letter`, `destroy`.
        step: String,
        /// Which night, from 1.
        night: u32,
    },
    /// A step ends.
    StepFinished {
        /// Its name.
        step: String,
        /// Which night, from 1.
        night: u32,
        /// Wall time in milliseconds.
        milliseconds: f64,
        /// How.
        outcome: StepOutcome,
        /// In a sentence: what was seen, or why it failed.
        detail: String,
    },
    /// Something that the drill's stack has made.
    Resource {
        /// Its id in the template.
        logical_id: String,
        /// `AWS::S3::Bucket`
        kind: String,
        /// What its service calls it.
        physical_id: String,
    },
    /// Something that a stack has and that is a record only: nothing runs behind it.
    Recorded {
        /// Its id in the template.
        logical_id: String,
        /// `AWS::RDS::DBInstance`
        kind: String,
        /// The properties that are not acted upon; empty if nothing of the resource is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<String>,
    },
    /// Something that is no failure of the night but that somebody should know.
    Finding {
        /// A stable name: `open-port`, `no-access-log`.
        id: String,
        /// In a sentence.
        detail: String,
    },
    /// A port of an instance is published on this host, or is not any more.
    Port {
        /// Its instance.
        instance: String,
        /// The port there.
        port: u16,
        /// Where it is reached: `127.0.0.1:41234`; `None` when its security groups have closed it.
        address: Option<String>,
    },
    /// An instance has booted.
    Booted {
        /// Its id.
        instance: String,
        /// Whether it did for the first time.
        first: bool,
    },
    /// A call to the region.
    ApiCall(Box<ApiCall>),
    /// What was asked of the policies for a call by somebody else than the root user, or refused.
    Authorization {
        /// Id of the call's request.
        request_id: String,
        /// ARN of who called, or the name of a service.
        principal: String,
        /// ARN of the resource for which a service called: `aws:SourceArn`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source_arn: Option<String>,
        /// Each thing that had to be allowed, in order; after the first that was not, none is asked.
        checks: Vec<Check>,
    },
    /// A message was published to a topic of SNS.
    Notification {
        /// ARN of the topic.
        topic: String,
        /// ARN of who published, or the name of a service.
        by: String,
        /// ARN of what the service published it for: a rule, an alarm.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// The message in a few words.
        what: String,
        /// Everybody who has subscribed.
        to: Vec<Recipient>,
    },
    /// Something was made to go wrong.
    Fault {
        /// Id of the call's request; empty if it befell an instance outside of a call.
        request_id: String,
        /// The call and what became of it, as a fragment.
        detail: String,
    },
    /// The drill's last word; the document is the drill's outcome.
    Outcome(Value),
}

/// How long a step took on a local region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalTime {
    /// Its name.
    pub step: String,
    /// Which night, from 1.
    pub night: u32,
    /// Wall time.
    pub milliseconds: f64,
}

/// One thing that had to be allowed for a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// `s3:PutObject`
    pub action: String,
    /// ARN of the resource, or `*`.
    pub resource: String,
    /// The evaluator's decision: effect, deciding statements, nearest misses, errors.
    pub decision: Later,
}

/// Who is to get a message of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// `sqs`, `email`
    pub protocol: String,
    /// ARN of a queue, an address.
    pub endpoint: String,
    /// Whether it came there, as a fragment.
    pub outcome: String,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// As it should.
    Passed,
    /// Not as it should.
    Failed,
    /// Not tried, because an earlier one failed.
    Skipped,
}
