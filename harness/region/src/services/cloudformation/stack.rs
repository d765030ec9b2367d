//! A stack's record.

use std::collections::{BTreeMap, BTreeSet};

use firedrill_template::{DeletionPolicy, Made};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::services::document::whole_seconds;

/// A stack, deleted ones included.
#[derive(Debug, Clone)]
pub(super) struct Stack {
    pub id: String,
    pub name: String,
    pub template: String,
    pub description: Option<String>,
    pub status: StackStatus,
    pub reason: Option<String>,
    pub created: Timestamp,
    pub deleted: Option<Timestamp>,
    /// As given, no-echo values masked.
    pub parameters: Vec<Value>,
    pub capabilities: Vec<String>,
    pub tags: Vec<(String, String)>,
    pub outputs: Vec<Value>,
    /// Export name to value.
    pub exports: BTreeMap<String, String>,
    pub protected: bool,
    pub on_failure: OnFailure,
    /// In the order in which they were begun.
    pub resources: Vec<StackResource>,
    /// Oldest first.
    pub events: Vec<Value>,
}

/// What happens when a resource cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailure {
    Rollback,
    DoNothing,
    Delete,
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StackStatus {
    CreateInProgress,
    CreateComplete,
    CreateFailed,
    RollbackInProgress,
    RollbackComplete,
    RollbackFailed,
    DeleteInProgress,
    DeleteComplete,
    DeleteFailed,
}

impl StackStatus {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::CreateFailed => "CREATE_FAILED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackComplete => "ROLLBACK_COMPLETE",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::DeleteFailed => "DELETE_FAILED",
        }
    }

    pub(super) fn is_in_progress(self) -> bool {
        matches!(self, Self::CreateInProgress | Self::RollbackInProgress | Self::DeleteInProgress)
    }
}

/// A resource of a stack.
#[derive(Debug, Clone)]
pub(super) struct StackResource {
    pub id: String,
    pub kind: String,
    pub status: &'static str,
    pub reason: Option<String>,
    pub changed: Timestamp,
    pub deletion_policy: DeletionPolicy,
    pub depends_on: BTreeSet<String>,
    /// What was made, once it is.
    pub made: Option<MadeResource>,
}

/// What became of a resource's declaration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct MadeResource {
    /// The physical id, which `Ref` answers.
    pub physical: String,
    /// What `Fn::GetAtt` answers.
    pub attributes: Map<String, Value>,
    /// What deleting it needs to know: its resolved properties.
    pub properties: Value,
}

impl Stack {
    pub(super) fn resource(&mut self, id: &str) -> Option<&mut StackResource> {
        self.resources.iter_mut().find(|resource| resource.id == id)
    }

    /// Changes a resource's status and tells it in an event.
    pub(super) fn resource_becomes(&mut self, id: &str, status: &'static str, reason: Option<String>, now: Timestamp) {
        let Some(resource) = self.resource(id) else { return };
        resource.status = status;
        resource.reason.clone_from(&reason);
        resource.changed = now;
        let physical = resource.made.as_ref().map(|made| made.physical.clone()).unwrap_or_default();
        let kind = resource.kind.clone();
        self.event(id, &physical, &kind, status, reason, now);
    }

    /// Changes the stack's status and tells it in an event.
    pub(super) fn becomes(&mut self, status: StackStatus, reason: Option<String>, now: Timestamp) {
        self.status = status;
        self.reason.clone_from(&reason);
        let (name, id) = (self.name.clone(), self.id.clone());
        self.event(&name, &id, "AWS::CloudFormation::Stack", status.word(), reason, now);
    }

    fn event(&mut self, logical: &str, physical: &str, kind: &str, status: &str, reason: Option<String>, now: Timestamp) {
        self.events.push(json!({
            "StackId": self.id,
            "EventId": uuid::Uuid::new_v4().to_string(),
            "StackName": self.name,
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": kind,
            "Timestamp": now.to_string(),
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }));
    }

    /// The stack in `DescribeStacks`' form.
    pub(super) fn document(&self) -> Value {
        json!({
            "StackId": self.id,
            "StackName": self.name,
            "Description": self.description,
            "Parameters": self.parameters,
            "CreationTime": whole_seconds(self.created),
            "DeletionTime": self.deleted.map(whole_seconds),
            "StackStatus": self.status.word(),
            "StackStatusReason": self.reason,
            "DisableRollback": self.on_failure == OnFailure::DoNothing,
            "Capabilities": self.capabilities,
            "Outputs": self.outputs,
            "Tags": self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>(),
            "EnableTerminationProtection": self.protected,
            "RollbackConfiguration": {},
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        })
    }
}

impl StackResource {
    /// The resource in `DescribeStackResources`' form.
    pub(super) fn document(&self) -> Value {
        json!({
            "LogicalResourceId": self.id,
            "PhysicalResourceId": self.made.as_ref().map(|made| made.physical.clone()),
            "ResourceType": self.kind,
            "ResourceStatus": self.status,
            "ResourceStatusReason": self.reason,
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        })
    }
}

/// What was made of the resources so far.
#[derive(Debug, Clone, Default)]
pub(super) struct MadeSoFar(pub BTreeMap<String, MadeResource>);

impl Made for MadeSoFar {
    fn reference(&self, id: &str) -> Option<String> {
        self.0.get(id).map(|made| made.physical.clone())
    }

    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        self.0.get(id)?.attributes.get(name).cloned()
    }
}
