//! A group, as it is kept.

use nightproof_core::resource_group::GroupQuery;
use nightproof_core::tags::Tags;
use serde_json::{Map, Value, json};

use crate::query::ResourceQuery;

/// A group of resources.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) details: Details,
    /// As the caller gave it.
    pub(crate) resource_query: ResourceQuery,
    /// The same, as it is evaluated.
    pub(crate) query: GroupQuery,
    pub(crate) tags: Tags,
}

/// What people tell each other of a group.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) description: Option<String>,
    pub(crate) criticality: Option<i64>,
    pub(crate) owner: Option<String>,
    pub(crate) display_name: Option<String>,
}

impl Details {
    /// Takes what is given, and keeps the rest.
    pub(crate) fn overlay(&mut self, given: Self) {
        self.description = given.description.or(self.description.take());
        self.criticality = given.criticality.or(self.criticality.take());
        self.owner = given.owner.or(self.owner.take());
        self.display_name = given.display_name.or(self.display_name.take());
    }

    fn members(&self) -> impl Iterator<Item = (String, Value)> {
        [
            ("Description", json!(self.description)),
            ("Criticality", json!(self.criticality)),
            ("Owner", json!(self.owner)),
            ("DisplayName", json!(self.display_name)),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
    }
}

impl Group {
    /// The shape `Group`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_Group.html>
    pub(crate) fn describe(&self) -> Value {
        self.with_details([("GroupArn", &self.arn), ("Name", &self.name)])
    }

    /// The shape `GroupIdentifier`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_GroupIdentifier.html>
    pub(crate) fn identify(&self) -> Value {
        self.with_details([("GroupArn", &self.arn), ("GroupName", &self.name)])
    }

    fn with_details(&self, names: [(&str, &String); 2]) -> Value {
        let names = names.into_iter().map(|(name, value)| (name.to_owned(), json!(value)));
        names.chain(self.details.members()).collect::<Map<_, _>>().into()
    }
}
