//! A state machine as it is kept.

use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::configuration::{LoggingConfiguration, TracingConfiguration};
use crate::language::definition::Workflow;

/// What an execution goes by: it stays as it was when the execution began.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    pub(crate) definition: String,
    pub(crate) workflow: Arc<Workflow>,
    pub(crate) role: String,
    pub(crate) logging: LoggingConfiguration,
    pub(crate) tracing: TracingConfiguration,
    pub(crate) updated: Timestamp,
    /// None before the first update.
    pub(crate) id: Option<String>,
}

/// A state machine.
#[derive(Debug)]
pub(crate) struct StateMachine {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) revision: Arc<Revision>,
    pub(crate) tags: Tags,
}

impl Revision {
    /// What both descriptions have.
    pub(crate) fn describe(&self, arn: &str, name: &str) -> Value {
        let mut shown = json!({
            "stateMachineArn": arn,
            "name": name,
            "definition": self.definition,
            "roleArn": self.role,
            "loggingConfiguration": self.logging,
            "tracingConfiguration": self.tracing,
            "encryptionConfiguration": { "type": "AWS_OWNED_KEY" },
        });
        if let (Some(id), Some(members)) = (&self.id, shown.as_object_mut()) {
            members.insert("revisionId".to_owned(), id.as_str().into());
        }
        shown
    }
}

impl StateMachine {
    /// The answer to `DescribeStateMachine`.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = self.revision.describe(&self.arn, &self.name);
        if let Some(members) = shown.as_object_mut() {
            members.insert("status".to_owned(), "ACTIVE".into());
            members.insert("type".to_owned(), "STANDARD".into());
            members.insert("creationDate".to_owned(), self.created.to_string().into());
        }
        shown
    }

    /// Its line in a list.
    pub(crate) fn summary(&self) -> Value {
        json!({ "stateMachineArn": self.arn, "name": self.name, "type": "STANDARD", "creationDate": self.created.to_string() })
    }
}
