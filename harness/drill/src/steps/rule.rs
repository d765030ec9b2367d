//! What starts the backup: a rule, a schedule, a maintenance window, an association, an event, or a job of the instances themselves.

use std::fmt;

use nightproof_wire::arn;

use crate::steps::occurrence::{Cause, Occurrence};
use crate::{Hop, Part};

/// The rule, the schedule of EventBridge Scheduler, the maintenance window or the association that starts the backup, or the bucket or alarm that does.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) logical: String,
    pub(crate) name: String,
    /// Of a job, which has none, its id.
    pub(crate) arn: String,
    /// When it starts something, as it is written; of one that waits for an event, what has to happen.
    pub(crate) schedule: String,
    pub(crate) starts: Starts,
    /// Whether its target is invoked by a role of its own, and not let in by its function's policy: what schedules do.
    pub(crate) by_role: bool,
    /// ARN of the queue that gets what does not reach the target.
    pub(crate) dead_letters: Option<String>,
    /// The id of the maintenance window that it is, if it is one.
    pub(crate) window: Option<String>,
    /// What it hands to what it starts, as JSON.
    pub(crate) input: String,
    /// The event that it waits for, where no clock starts it.
    pub(crate) cause: Option<Cause>,
}

impl Rule {
    /// Whether it is an association of State Manager.
    pub(crate) fn is_association(&self) -> bool {
        arn::service_of(&self.arn) == "ssm" && arn::resource_of(&self.arn).starts_with("association/")
    }

    /// That its time has come, or its event, as the beginning of a sentence on what came of it.
    pub(crate) fn fired(&self) -> String {
        self.cause.as_ref().map_or_else(|| format!("{} fired", self.name), Cause::happened)
    }

    /// As whom its function is invoked.
    pub(crate) fn principal(&self) -> &'static str {
        self.cause.as_ref().map_or("events.amazonaws.com", Cause::principal)
    }

    /// The object that starts it, if one does: bucket and key.
    pub(crate) fn source(&self) -> Option<(&str, &str)> {
        match &self.cause.as_ref()?.occurrence {
            Occurrence::ObjectCreated { bucket, key } => Some((bucket, key)),
            _ => None,
        }
    }

    /// Whether what starts it takes an instance with the data away.
    pub(crate) fn takes_its_instance(&self) -> bool {
        self.cause.as_ref().is_some_and(|cause| matches!(cause.occurrence, Occurrence::InstanceTerminated { .. }))
    }

    /// What does the work of a hop where it is neither EventBridge nor Lambda.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let part = |hop: Hop, name: &str| Part { hop, name: name.to_owned() };
        if let Starts::Job { by, .. } = &self.starts {
            return vec![part(Hop::Rule, if by == "systemd" { "systemd timer" } else { by.as_str() })];
        }
        let trigger = match (&self.window, self.by_role) {
            _ if self.cause.is_some() => self.cause.as_ref().map(|cause| part(Hop::Rule, &cause.part())),
            (None, _) if self.is_association() => Some(part(Hop::Rule, "State Manager")),
            (Some(_), _) => Some(part(Hop::Rule, "Maintenance window")),
            (None, true) => Some(part(Hop::Rule, "EventBridge Scheduler")),
            (None, false) => None,
        };
        let orchestrator = match self.starts {
            Starts::Automation(_) => Some(part(Hop::Function, "Automation")),
            Starts::StateMachine(_) => Some(part(Hop::Function, "Step Functions")),
            Starts::Function { .. } | Starts::Document(_) | Starts::Job { .. } => None,
        };
        trigger.into_iter().chain(orchestrator).collect()
    }
}

/// What a rule starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Starts {
    /// A function, which is to send the command.
    Function {
        /// Its name.
        name: String,
        /// The version or alias that is invoked, if the target names one.
        qualifier: Option<String>,
    },
    /// A document of Systems Manager by its name: EventBridge itself sends the command.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/running-commands-eventbridge.html>
    Document(String),
    /// A runbook of Automation by its name.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/running-automations-event-bridge.html>
    Automation(String),
    /// A state machine by its ARN.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html>
    StateMachine(String),
    /// A command that instances run by themselves.
    Job {
        /// What runs it: `cron`, `systemd`.
        by: String,
        /// The command.
        command: String,
        /// The instances that have it.
        instances: Vec<String>,
    },
}

impl Starts {
    /// The name of the function, if it is one.
    pub(crate) fn function(&self) -> Option<&str> {
        match self {
            Self::Function { name, .. } => Some(name),
            Self::Document(_) | Self::Automation(_) | Self::StateMachine(_) | Self::Job { .. } => None,
        }
    }

    /// Whether instances run it by themselves.
    pub(crate) fn is_job(&self) -> bool {
        matches!(self, Self::Job { .. })
    }
}

impl fmt::Display for Starts {
    /// The name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function { name, .. } => f.write_str(name),
            Self::Document(name) => write!(f, "the document {name}"),
            Self::Automation(name) => write!(f, "the automation {name}"),
            Self::Job { command, .. } => write!(f, "`{command}`"),
            Self::StateMachine(arn) => write!(f, "the state machine {}", arn.rsplit(':').next().unwrap_or(arn)),
        }
    }
}
