//! Event buses and the names by which calls mean them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{Arn, Call};
use nightproof_core::tags::Tags;
use serde_json::{Map, Value};

use crate::rule::Rule;

/// The bus that every account has.
pub(crate) const DEFAULT: &str = "default";

/// An event bus with its rules.
#[derive(Debug)]
pub(crate) struct Bus {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) policy: Option<PolicyDocument>,
    pub(crate) tags: Tags,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl Bus {
    pub(crate) fn new(arn: String, name: &str, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            arn,
            description: None,
            policy: None,
            tags: Tags::default(),
            rules: BTreeMap::new(),
            created: now,
            modified: now,
        }
    }

    /// The shape `EventBus`, and `DescribeEventBusResponse`.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("Name".into(), self.name.clone().into());
        shown.insert("Arn".into(), self.arn.clone().into());
        shown.insert("CreationTime".into(), self.created.to_string().into());
        shown.insert("LastModifiedTime".into(), self.modified.to_string().into());
        if let Some(description) = &self.description {
            shown.insert("Description".into(), description.clone().into());
        }
        if let Some(policy) = &self.policy {
            shown.insert("Policy".into(), policy.to_string().into());
        }
        Value::Object(shown)
    }
}

/// A bus as a call means it: by its name, by its ARN, which may be another account's, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BusName {
    pub(crate) account: String,
    pub(crate) name: String,
}

impl BusName {
    pub(crate) fn new(call: &Call, given: Option<&str>) -> Self {
        let given = given.filter(|given| !given.is_empty()).unwrap_or(DEFAULT);
        let of_arn = || {
            let arn: Arn = given.parse().ok()?;
            let name = arn.resource.strip_prefix("event-bus/")?.to_owned();
            Some(Self { account: arn.account, name })
        };
        of_arn().unwrap_or_else(|| Self { account: call.account().to_owned(), name: given.to_owned() })
    }
}

/// The rest of a rule's ARN. A rule of the default bus has no bus in its ARN.
pub(crate) fn rule_resource(bus: &str, rule: &str) -> String {
    if bus == DEFAULT { format!("rule/{rule}") } else { format!("rule/{bus}/{rule}") }
}
