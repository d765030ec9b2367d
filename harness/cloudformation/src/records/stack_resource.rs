//! Resources of stacks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightproof_resource::MadeResource;
use nightproof_template::{Made, Policies, Resource};
use serde_json::{Value, json};

use super::drift::{self, ResourceDrift};

/// A resource of a stack.
#[derive(Debug, Clone)]
pub(crate) struct StackResource {
    pub id: String,
    pub kind: String,
    pub status: &'static str,
    pub reason: Option<String>,
    pub changed: Timestamp,
    pub policies: Policies,
    /// Its metadata, JSON.
    pub metadata: Option<String>,
    pub depends_on: BTreeSet<String>,
    /// The policy by which it is changed.
    pub update_policy: Option<Value>,
    /// Its properties as events show them, JSON.
    pub shown: Option<String>,
    /// What was made, from the moment at which it exists.
    pub made: Option<MadeResource>,
    /// Whether the operation that made its record last has imported it: what takes that back leaves it.
    pub imported: bool,
    /// What it was found to be, if it was looked at since it was made or changed.
    pub drift: Option<ResourceDrift>,
}

impl StackResource {
    /// A resource that nothing has been done about yet.
    pub(crate) fn new(resource: &Resource, policies: Policies, depends_on: BTreeSet<String>, now: Timestamp) -> Self {
        Self {
            id: resource.id.clone(),
            kind: resource.kind.clone(),
            status: "CREATE_IN_PROGRESS",
            reason: None,
            changed: now,
            policies,
            metadata: None,
            update_policy: None,
            depends_on,
            shown: None,
            made: None,
            imported: false,
            drift: None,
        }
    }

    /// The resource in `DescribeStackResources`' form.
    pub(crate) fn document(&self) -> Value {
        json!({
            "LogicalResourceId": self.id,
            "PhysicalResourceId": self.made.as_ref().map(|made| made.physical.clone()),
            "ResourceType": self.kind,
            "ResourceStatus": self.status,
            "ResourceStatusReason": self.reason,
            "DriftInformation": drift::resource_information(self.drift.as_ref()),
        })
    }
}

/// What was made of the resources so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct MadeSoFar(pub BTreeMap<String, MadeResource>);

impl Made for MadeSoFar {
    fn reference(&self, id: &str) -> Option<String> {
        self.0.get(id).map(|made| made.physical.clone())
    }

    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        self.0.get(id)?.attribute(name)
    }
}
