//! What was captured, as files have it. Times are RFC 3339; what AWS left out is empty.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A span of time, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its begin.
    pub from: i64,
    /// Its end.
    pub to: i64,
}

impl Window {
    pub(super) fn holds(self, milliseconds: i64) -> bool {
        (self.from..=self.to).contains(&milliseconds)
    }

    /// Whether a moment that is told in whole seconds, as S3 tells an object's, can lie within.
    pub(super) fn holds_second(self, milliseconds: i64) -> bool {
        milliseconds <= self.to && milliseconds.saturating_add(999) >= self.from
    }
}

/// All that was captured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The stack.
    pub stack: Stack,
    /// Its template as it was given.
    pub template: String,
    /// Events of the stack, latest first.
    pub stack_events: Vec<StackEvent>,
    /// Its resources.
    pub resources: Vec<StackResource>,
    /// Its rules, as they are now.
    pub rules: Vec<RuleState>,
    /// Its functions, as they are now, with their logs of the window.
    pub functions: Vec<FunctionState>,
    /// Commands of the window that concern the stack, earliest first.
    pub commands: Vec<SentCommand>,
    /// The stack's instances as Systems Manager knows them now.
    pub instances: Vec<ManagedInstance>,
    /// What is in the buckets that may get archives.
    pub objects: Vec<StoredObject>,
    /// CloudTrail's records of management events of the window, earliest first.
    pub history: Vec<Value>,
    /// What could not be had, as `operation: code: message`.
    pub refused: Vec<String>,
}

/// A stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// `CREATE_COMPLETE`
    pub status: String,
    /// Why.
    pub reason: String,
    /// What was given, or the defaults.
    pub parameters: Vec<StackParameter>,
}

/// A parameter of the stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StackParameter {
    /// Its name.
    pub name: String,
    /// Its value; CloudFormation masks what has `NoEcho`.
    pub value: String,
    /// What it stands for, if it names a parameter of the Parameter Store.
    pub resolved: String,
}

/// What became of a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StackEvent {
    /// When.
    pub time: String,
    /// The resource's logical id.
    pub logical_id: String,
    /// `AWS::S3::Bucket`
    pub kind: String,
    /// `CREATE_COMPLETE`
    pub status: String,
    /// Why.
    pub reason: String,
}

/// A resource that exists, or did when CloudFormation last looked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StackResource {
    /// Its id in the template.
    pub logical_id: String,
    /// Its name or id in AWS.
    pub physical_id: String,
    /// `AWS::S3::Bucket`
    pub kind: String,
}

/// A rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleState {
    /// Its id in the template.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// `ENABLED`, `DISABLED`; `DELETED` if there is none of that name any more.
    pub state: String,
    /// `cron(0 3 * * ? *)`, or nothing.
    pub schedule: String,
    /// What it starts.
    pub targets: Vec<Target>,
}

/// What a rule starts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Its id among the rule's targets.
    pub id: String,
    /// Its ARN.
    pub arn: String,
}

/// A function.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionState {
    /// Its id in the template.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// ARN of its role.
    pub role: String,
    /// `python3.13`
    pub runtime: String,
    /// `Active`
    pub state: String,
    /// When its code or configuration last changed.
    pub modified: String,
    /// Seconds.
    pub timeout: i32,
    /// MiB.
    pub memory: i32,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// The policy of the function, a JSON document; none if it has none, or if it could not be had.
    pub policy: Option<String>,
    /// What it logged in the window.
    pub log: Vec<LogLine>,
}

/// A line, or several that belong together, of a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub time: String,
    /// What.
    pub message: String,
}

/// A command.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SentCommand {
    /// Its id.
    pub id: String,
    /// When it was sent.
    pub time: String,
    /// `AWS-RunShellScript`
    pub document: String,
    /// What it is for, in the sender's words.
    pub comment: String,
    /// `Success`
    pub status: String,
    /// `NoInstancesInTag`
    pub details: String,
    /// How many instances it was for.
    pub targets: i32,
    /// `tag:Backup` and its values.
    pub wanted: BTreeMap<String, Vec<String>>,
    /// What it ran.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What became of it on each instance.
    pub invocations: Vec<Invocation>,
}

/// A command on an instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// The instance.
    pub instance: String,
    /// `Failed`
    pub status: String,
    /// `ExecutionTimedOut`
    pub details: String,
    /// Exit code of the script; -1 if it has none.
    pub exit_code: i32,
    /// Up to 24,000 characters.
    pub stdout: String,
    /// Up to 8,000 characters.
    pub stderr: String,
}

/// An instance as Systems Manager knows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManagedInstance {
    /// Its id in the template.
    pub logical_id: String,
    /// `i-…`
    pub id: String,
    /// `Online`, `ConnectionLost`; nothing if its agent never registered.
    pub ping: String,
    /// When its agent was last heard of.
    pub last_ping: String,
    /// Version of its agent.
    pub agent: String,
}

/// A version of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its version; nothing in a bucket without versions.
    pub version: String,
    /// When it came.
    pub time: String,
    /// How large it is.
    pub bytes: i64,
    /// Whether it came in the window.
    pub fresh: bool,
    /// Whether it marks a deletion.
    pub deleted: bool,
    /// Whether it looks like a checksum or log that goes with an archive.
    pub companion: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_the_second_in_which_the_window_begins_may_be_of_the_window() {
        let window = Window { from: 5_700, to: 9_300 };
        assert_eq!([3_999, 4_000, 5_000, 9_000, 10_000].map(|at| window.holds_second(at)), [false, false, true, true, false]);
        assert!(!window.holds(5_000));
    }
}
