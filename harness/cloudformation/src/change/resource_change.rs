//! What would be done about one resource.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>

use nightproof_template::{Policies, Resource};
use serde_json::{Value, json};

use super::context;
use super::detail::{Detail, Shown};
use crate::records::StackResource;

/// A change of one resource.
#[derive(Debug, Clone)]
pub(crate) struct ResourceChange {
    /// `Add`, `Import`, `Modify` or `Remove`.
    action: &'static str,
    policy: Option<&'static str>,
    id: String,
    kind: String,
    physical: Option<String>,
    replacement: Option<&'static str>,
    details: Vec<Detail>,
    /// Its properties as they are; nothing if it is added.
    before: Option<Value>,
    /// Its properties as they will be; nothing if it is removed.
    after: Option<Value>,
    /// Why some of them are not known.
    unresolved: Option<String>,
}

impl ResourceChange {
    pub(super) fn addition(resource: &Resource, (after, unresolved): (Value, Option<String>)) -> Self {
        Self {
            action: "Add",
            policy: None,
            id: resource.id.clone(),
            kind: resource.kind.clone(),
            physical: None,
            replacement: None,
            details: Vec::new(),
            before: None,
            after: Some(after),
            unresolved,
        }
    }

    /// A resource that exists becomes part of the stack.
    pub(super) fn import(resource: &Resource, physical: &str, after: (Value, Option<String>)) -> Self {
        Self { action: "Import", physical: Some(physical.to_owned()), ..Self::addition(resource, after) }
    }

    pub(super) fn removal(record: &StackResource, before: Value) -> Self {
        Self {
            action: "Remove",
            policy: Some(if record.policies.keeps_deleted() { "Retain" } else { "Delete" }),
            id: record.id.clone(),
            kind: record.kind.clone(),
            physical: record.made.as_ref().map(|made| made.physical.clone()),
            replacement: None,
            details: Vec::new(),
            before: Some(before),
            after: None,
            unresolved: None,
        }
    }

    /// `policies` say what becomes of what a replacement leaves behind.
    pub(super) fn modification(
        record: &StackResource,
        policies: Policies,
        details: Vec<Detail>,
        before: Value,
        (after, unresolved): (Value, Option<String>),
    ) -> Self {
        let replacement = replacement(&details);
        Self {
            action: "Modify",
            policy: (replacement == "True").then_some(if policies.keeps_replaced() {
                "ReplaceAndRetain"
            } else {
                "ReplaceAndDelete"
            }),
            id: record.id.clone(),
            kind: record.kind.clone(),
            physical: record.made.as_ref().map(|made| made.physical.clone()),
            replacement: Some(replacement),
            details,
            before: Some(before),
            after: Some(after),
            unresolved,
        }
    }

    pub(super) fn action(&self) -> &'static str {
        self.action
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The resource with the reason for which some of its properties are not known.
    pub(crate) fn unresolved(&self) -> Option<String> {
        self.unresolved.as_ref().map(|reason| format!("resource [{}] because: {reason}", self.id))
    }

    /// What changes are listed by: their logical ids, of which one that begins another comes after it.
    pub(super) fn place(&self) -> Vec<u8> {
        self.id.bytes().chain([u8::MAX]).collect()
    }

    /// Whether the resource is replaced for certain.
    pub(super) fn replaces(&self) -> bool {
        self.replacement == Some("True")
    }

    /// In `DescribeChangeSet`'s form without property values.
    pub(crate) fn plain(&self) -> Value {
        self.document(self.shown(Shown::WithValues).map(|detail| (detail, detail.plain())))
    }

    /// In `DescribeChangeSet`'s form with property values; nothing if all its values stay.
    pub(crate) fn with_values(&self) -> Option<Value> {
        let nothing = Value::Null;
        let (before, after) = (self.before.as_ref().unwrap_or(&nothing), self.after.as_ref().unwrap_or(&nothing));
        if self.action == "Modify" && self.shown(Shown::WithoutValues).next().is_none() {
            return None;
        }
        let mut document =
            self.document(self.shown(Shown::WithoutValues).map(|detail| (detail, detail.with_values(before, after))));
        document["ResourceChange"]["BeforeContext"] = self.before.as_ref().map(context::document).into();
        document["ResourceChange"]["AfterContext"] = self.after.as_ref().map(context::document).into();
        Some(document)
    }

    fn shown(&self, not: Shown) -> impl Iterator<Item = &Detail> {
        self.details.iter().filter(move |detail| detail.shown != not)
    }

    fn document<'a>(&'a self, details: impl Iterator<Item = (&'a Detail, Value)>) -> Value {
        let mut scope: Vec<&str> = Vec::new();
        let mut shown = Vec::new();
        for (detail, document) in details {
            if !scope.contains(&detail.attribute()) {
                scope.push(detail.attribute());
            }
            shown.push(document);
        }
        json!({
            "Type": "Resource",
            "ResourceChange": {
                "Action": self.action,
                "PolicyAction": self.policy,
                "LogicalResourceId": self.id,
                "PhysicalResourceId": self.physical,
                "ResourceType": self.kind,
                "Replacement": self.replacement,
                "Scope": scope,
                "Details": shown,
            },
        })
    }
}

/// Whether a resource is replaced: `True` if a property that needs it changes for certain.
fn replacement(details: &[Detail]) -> &'static str {
    let recreating = || details.iter().filter(|detail| detail.recreates());
    if recreating().any(|detail| !detail.dynamic) {
        return "True";
    }
    if recreating().next().is_some() { "Conditional" } else { "False" }
}
