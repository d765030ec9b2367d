//! A stack's record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::Caller;
use nightproof_core::document::whole_seconds;
use nightproof_core::service::Call;
use nightproof_resource::{MadeResource, ResourceSignal};
use nightproof_template::{Inputs, Template};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::applied::Done;
use super::change_set::ChangeSet;
use super::drift::{self, DriftDetection};
use super::on_failure::OnFailure;
use super::stack_resource::StackResource;
use super::stack_status::StackStatus;
use super::submission::{Processed, Submission};
use crate::notifications::Outbox;
use crate::stack_policy::StackPolicy;
use crate::submitted::RollbackConfiguration;

/// A stack, deleted ones included.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub id: String,
    pub name: String,
    /// The template as it was sent; empty as long as a stack is only reviewed.
    pub template: String,
    /// The template with its macros applied, if it has some.
    pub processed: Option<Processed>,
    pub description: Option<String>,
    pub status: StackStatus,
    pub reason: Option<String>,
    pub created: Timestamp,
    pub updated: Option<Timestamp>,
    pub deleted: Option<Timestamp>,
    /// When what was made of it began to be taken back.
    pub rolled_back: Option<Timestamp>,
    /// As answers show them, no-echo values masked.
    pub parameters: Vec<Value>,
    /// The value of each parameter before lists are split and names looked up, for `UsePreviousValue`.
    pub given: BTreeMap<String, String>,
    /// What its template is resolved with.
    pub inputs: Inputs,
    pub capabilities: Vec<String>,
    pub tags: Vec<(String, String)>,
    /// Which alarms take a creation or an update back.
    pub rollback: RollbackConfiguration,
    pub outputs: Vec<Value>,
    /// Export name to value.
    pub exports: BTreeMap<String, String>,
    /// Names of other stacks' exports that it uses.
    pub imports: BTreeSet<String>,
    /// ARN of the role that CloudFormation takes on for it: the last one that it was given.
    pub role: Option<String>,
    /// The stack that it is nested in.
    pub parent: Option<Parent>,
    pub protected: bool,
    /// Which resources updates may change.
    pub policy: Option<StackPolicy>,
    /// The policy that stands for it while an update goes on.
    pub policy_during_update: Option<StackPolicy>,
    /// Whether resources that stay when they are deleted go all the same when their creation is taken back.
    pub deletes_created: bool,
    /// What a rollback that failed has left to do.
    pub unfinished: Option<Arc<Unfinished>>,
    pub on_failure: OnFailure,
    /// In the order in which they were begun.
    pub resources: Vec<StackResource>,
    /// Signals to resources that are being made, by logical id.
    pub signals: BTreeMap<String, Vec<ResourceSignal>>,
    /// Oldest first.
    pub events: Vec<Value>,
    /// The time of the last event.
    last_event: Option<Timestamp>,
    /// The change set that made it what it is.
    pub change_set: Option<String>,
    pub change_sets: Vec<ChangeSet>,
    /// Oldest first.
    pub detections: Vec<DriftDetection>,
    /// Client request tokens, with the operation that each came with.
    pub tokens: Vec<(String, &'static str)>,
    /// The token of what is going on, which events name.
    pub token: Option<String>,
    /// Ends the creation that is going on.
    pub cancel: CancellationToken,
    /// Tells the default bus and the stack's topics of its events.
    pub outbox: Option<Outbox>,
    /// Minutes that its creation may take.
    pub timeout: Option<u32>,
    /// Held by what is going on: creation, update, deletion.
    pub turn: Arc<tokio::sync::Mutex<()>>,
}

impl Stack {
    /// A stack of which nothing is known but its name.
    pub(crate) fn new(id: &str, name: &str, now: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            template: String::new(),
            processed: None,
            description: None,
            status: StackStatus::ReviewInProgress,
            reason: None,
            created: now,
            updated: None,
            deleted: None,
            rolled_back: None,
            parameters: Vec::new(),
            given: BTreeMap::new(),
            inputs: Inputs::default(),
            capabilities: Vec::new(),
            tags: Vec::new(),
            rollback: RollbackConfiguration::default(),
            outputs: Vec::new(),
            exports: BTreeMap::new(),
            imports: BTreeSet::new(),
            role: None,
            parent: None,
            protected: false,
            policy: None,
            policy_during_update: None,
            deletes_created: false,
            unfinished: None,
            on_failure: OnFailure::Rollback,
            resources: Vec::new(),
            signals: BTreeMap::new(),
            events: Vec::new(),
            last_event: None,
            change_set: None,
            change_sets: Vec::new(),
            detections: Vec::new(),
            tokens: Vec::new(),
            token: None,
            cancel: CancellationToken::new(),
            outbox: None,
            timeout: None,
            turn: Arc::default(),
        }
    }

    /// Becomes what a request submits, but for its resources.
    pub(crate) fn takes(&mut self, submission: &Submission) {
        self.template.clone_from(&submission.body);
        self.processed.clone_from(&submission.processed);
        self.description.clone_from(&submission.template.description);
        self.parameters.clone_from(&submission.shown);
        self.given.clone_from(&submission.given);
        self.inputs.clone_from(&submission.inputs);
        // An update that acknowledges nothing leaves what was acknowledged before.
        if !submission.capabilities.is_empty() {
            self.capabilities.clone_from(&submission.capabilities);
        }
        self.tags.clone_from(&submission.tags);
        self.rollback.clone_from(&submission.rollback);
    }

    /// Begins to become what was submitted, by an operation with this token and this status, made by `caller`, who may be a session of
    /// `role`; returns the stack as it was.
    pub(crate) fn begins(
        &mut self,
        call: &Call,
        submission: &Submission,
        (role, caller): (Option<&str>, &Caller),
        (token, operation): (Option<&str>, &'static str),
        status: StackStatus,
    ) -> Self {
        self.cancel = CancellationToken::new();
        let before = self.clone();
        self.takes(submission);
        self.role = role.map(str::to_owned);
        self.updated = Some(call.now);
        // They were worked out against what the stack is no more.
        self.change_sets.iter_mut().for_each(ChangeSet::outdate);
        self.take_token(token, operation);
        self.notify(call, caller);
        self.becomes(status, Some("User Initiated".to_owned()), call.now);
        before
    }

    /// Becomes what it was, but for its resources.
    pub(crate) fn takes_back(&mut self, before: &Self) {
        self.template.clone_from(&before.template);
        self.processed.clone_from(&before.processed);
        self.description.clone_from(&before.description);
        self.parameters.clone_from(&before.parameters);
        self.given.clone_from(&before.given);
        self.inputs.clone_from(&before.inputs);
        self.capabilities.clone_from(&before.capabilities);
        self.tags.clone_from(&before.tags);
        self.rollback.clone_from(&before.rollback);
    }

    /// The policy that decides which resources an update may change.
    pub(crate) fn policy_in_force(&self) -> Option<&StackPolicy> {
        self.policy_during_update.as_ref().or(self.policy.as_ref())
    }

    /// The template that its resources were made by.
    pub(crate) fn made_by(&self) -> Option<Template> {
        match &self.processed {
            Some(processed) => Template::of_processed(&processed.text, processed.is_extended).ok(),
            None => Template::parse(&self.template).ok(),
        }
    }

    /// Keeps a client request token, and names it in the events to come.
    pub(crate) fn take_token(&mut self, token: Option<&str>, operation: &'static str) {
        self.token = token.map(str::to_owned);
        self.tokens.extend(token.map(|token| (token.to_owned(), operation)));
    }

    pub(crate) fn resource(&mut self, id: &str) -> Option<&mut StackResource> {
        self.resources.iter_mut().find(|resource| resource.id == id)
    }

    /// Tells the default bus of the events to come, and the stack's topics, as `deployer`.
    pub(crate) fn notify(&mut self, call: &Call, deployer: &Caller) {
        self.outbox = Some(Outbox::new(&call.region, deployer, &self.inputs.pseudo.notification_arns));
    }

    /// Adds a resource, or takes the place of its record.
    pub(crate) fn put(&mut self, record: StackResource) {
        match self.resource(&record.id) {
            Some(existing) => *existing = record,
            None => self.resources.push(record),
        }
    }

    /// Changes a resource's status and tells it in an event.
    pub(crate) fn resource_becomes(&mut self, id: &str, status: &'static str, reason: Option<String>, now: Timestamp) {
        let Some(resource) = self.resource(id) else { return };
        resource.status = status;
        resource.reason.clone_from(&reason);
        resource.changed = now;
        // It is about to be something else than what was looked at.
        resource.drift = None;
        let (kind, made, properties) = (resource.kind.clone(), resource.made.clone(), resource.shown.clone());
        self.tell(Event { logical: id, kind: &kind, made: made.as_ref(), status, reason, properties }, now);
    }

    /// Changes the stack's status and tells it in an event.
    pub(crate) fn becomes(&mut self, status: StackStatus, reason: Option<String>, now: Timestamp) {
        self.status = status;
        if !status.word().ends_with("IN_PROGRESS") {
            self.policy_during_update = None;
        }
        self.reason.clone_from(&reason);
        let stack = MadeResource { physical: self.id.clone(), ..MadeResource::default() };
        let name = self.name.clone();
        let event = Event {
            logical: &name,
            kind: "AWS::CloudFormation::Stack",
            made: Some(&stack),
            status: status.word(),
            reason,
            properties: None,
        };
        self.tell(event, now);
    }

    /// Adds an event.
    pub(crate) fn tell(&mut self, event: Event<'_>, now: Timestamp) {
        // No two events have the same time, so that whoever sorts them has them in their order.
        let now = self.last_event.map_or(now, |last| now.max(last + SignedDuration::from_millis(1)));
        self.last_event = Some(now);
        let id = match event.made.is_some_and(|made| made.physical == self.id) {
            true => uuid::Uuid::new_v4().to_string(),
            false => format!("{}-{}-{}", event.logical, event.status, now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")),
        };
        let event = json!({
            "StackId": self.id,
            "EventId": id,
            "StackName": self.name,
            "LogicalResourceId": event.logical,
            "PhysicalResourceId": event.made.map(|made| made.physical.as_str()).unwrap_or_default(),
            "ResourceType": event.kind,
            "Timestamp": now.to_string(),
            "ResourceStatus": event.status,
            "ResourceStatusReason": event.reason,
            "ResourceProperties": event.properties,
            "ClientRequestToken": self.token,
        });
        if let Some(outbox) = &self.outbox {
            outbox.send(&event);
        }
        self.events.push(event);
    }

    /// The stack in `DescribeStacks`' form.
    pub(crate) fn document(&self) -> Value {
        json!({
            "StackId": self.id,
            "StackName": self.name,
            "Description": self.description,
            "Parameters": unless_empty(&self.parameters),
            "CreationTime": whole_seconds(self.created),
            "LastUpdatedTime": self.updated.map(whole_seconds),
            "ChangeSetId": self.change_set,
            "DeletionTime": self.deleted.or(self.rolled_back).map(whole_seconds),
            "StackStatus": self.status.word(),
            "StackStatusReason": self.reason,
            "DisableRollback": self.on_failure == OnFailure::DoNothing,
            "RoleARN": self.role,
            "NotificationARNs": self.inputs.pseudo.notification_arns,
            "TimeoutInMinutes": self.timeout,
            "Capabilities": unless_empty(&self.capabilities),
            "Outputs": unless_empty(&self.outputs),
            "Tags": self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>(),
            "EnableTerminationProtection": self.deleted.is_none().then_some(self.protected),
            "RollbackConfiguration": self.rollback,
            "ParentId": self.parent.as_ref().map(|parent| parent.id.as_str()),
            "RootId": self.parent.as_ref().map(|parent| parent.root.as_str()),
            "DriftInformation": drift::stack_information(&self.detections),
        })
    }
}

/// The list; `None` if it is empty, so that the answer has no member for it.
pub(crate) fn unless_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

/// The stack that another one is nested in, and the outermost one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parent {
    pub id: String,
    pub root: String,
}

/// What happened to a resource, or to the stack itself.
pub(crate) struct Event<'a> {
    pub logical: &'a str,
    pub kind: &'a str,
    pub made: Option<&'a MadeResource>,
    pub status: &'static str,
    pub reason: Option<String>,
    /// A resource's properties, JSON.
    pub properties: Option<String>,
}

/// What a rollback that failed has left to do.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished {
    /// The stack as it is to be again.
    pub before: Stack,
    /// What was done about the resources that are not changed back yet.
    pub done: BTreeMap<String, Done>,
    /// The properties that they were to have.
    pub attempted: BTreeMap<String, Value>,
    /// What took the place of others, and is to go.
    pub replacements: Vec<(StackResource, MadeResource)>,
    /// Whether nothing is brought back yet.
    pub is_whole: bool,
}
