//! A definition as it is carried out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::choice::Rule;
use super::failure::Failure;
use super::filter::{Filter, ResultPath};
use super::path::{Path, Scope};
use super::resource::{Integration, Pattern, Resource, Target};
use super::retry::{Catcher, Retrier};

/// States, and which comes first: a state machine, a branch, or what is done with each item.
#[derive(Debug, Clone)]
pub(crate) struct Workflow {
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
    /// Seconds that an execution may take.
    pub(crate) timeout: Option<i64>,
}

impl Workflow {
    /// Whether a task waits for the end of an execution that it starts.
    pub(crate) fn waits_for_executions(&self) -> bool {
        self.states.values().any(|state| match &state.kind {
            Kind::Task(task) => matches!(
                &task.resource,
                Resource::Integration(Integration {
                    target: Target::StartExecution,
                    pattern: Pattern::Sync | Pattern::Sync2,
                    ..
                })
            ),
            Kind::Parallel { branches } => branches.iter().any(Self::waits_for_executions),
            Kind::Map(map) => map.processor.waits_for_executions(),
            _ => false,
        })
    }
}

/// A state.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) input_path: Filter,
    pub(crate) output_path: Filter,
    pub(crate) parameters: Option<Value>,
    pub(crate) result_selector: Option<Value>,
    pub(crate) result_path: ResultPath,
    pub(crate) retriers: Vec<Retrier>,
    pub(crate) catchers: Vec<Catcher>,
    /// The state after it; `None` if it is the last, or a Choice.
    pub(crate) next: Option<String>,
}

/// What a state does.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Pass { result: Option<Value> },
    Task(Task),
    Choice { rules: Vec<(Rule, String)>, default: Option<String> },
    Wait(Until),
    Succeed,
    Fail { error: Said, cause: Said },
    Parallel { branches: Vec<Workflow> },
    Map(Box<Map>),
}

impl Kind {
    /// As histories name it.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Pass { .. } => "Pass",
            Self::Task(_) => "Task",
            Self::Choice { .. } => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail { .. } => "Fail",
            Self::Parallel { .. } => "Parallel",
            Self::Map(_) => "Map",
        }
    }
}

/// What a Task state does.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) resource: Resource,
    pub(crate) timeout: Number,
    pub(crate) heartbeat: Number,
}

/// What a Map state does.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    pub(crate) items: Path,
    pub(crate) selector: Option<Value>,
    pub(crate) processor: Workflow,
    pub(crate) concurrency: Number,
}

/// A whole number, or where it is.
#[derive(Debug, Clone)]
pub(crate) enum Number {
    None,
    Fixed(i64),
    At(Path),
}

impl Number {
    /// Its value.
    pub(crate) fn value(&self, scope: Scope<'_>) -> Result<Option<i64>, Failure> {
        match self {
            Self::None => Ok(None),
            Self::Fixed(number) => Ok(Some(*number)),
            Self::At(path) => {
                let value = path.require(scope)?;
                let number = value.as_i64().filter(|number| *number >= 0);
                let wrong = || Failure::runtime(format!("The value of '{}' is not a non-negative integer: {value}", path.text()));
                number.map(Some).ok_or_else(wrong)
            }
        }
    }
}

/// Until when a Wait state waits.
#[derive(Debug, Clone)]
pub(crate) enum Until {
    Seconds(Number),
    Timestamp(Timestamp),
    TimestampAt(Path),
}

/// A text of a Fail state.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    None,
    Text(String),
    /// By an expression.
    At(super::intrinsic::Expression),
}
