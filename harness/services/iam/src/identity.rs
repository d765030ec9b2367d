//! What roles, users and groups have in common: a name, policies; the first two have tags and a permissions boundary, too.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::error::no_such_entity;
use crate::names::unique_id;
use crate::tags::Tags;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Role,
    User,
    Group,
}

impl Kind {
    /// The request member that names one.
    pub(super) fn member(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Group => "GroupName",
        }
    }

    /// The word in ARNs and messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
        }
    }

    fn id_prefix(self) -> &'static str {
        match self {
            Self::Role => "AROA",
            Self::User => "AIDA",
            Self::Group => "AGPA",
        }
    }
}

#[derive(Debug)]
pub(super) struct Identity {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) created: Timestamp,
    /// Inline policies by name.
    pub(super) inline: BTreeMap<String, PolicyDocument>,
    /// ARNs of managed policies, in the order of attachment.
    pub(super) attached: Vec<String>,
    pub(super) boundary: Option<String>,
    pub(super) tags: Tags,
}

impl Identity {
    pub(super) fn new(kind: Kind, path: String, name: &str, created: Timestamp, tags: Tags, boundary: Option<String>) -> Self {
        Self {
            path,
            name: name.to_owned(),
            id: unique_id(kind.id_prefix()),
            created,
            inline: BTreeMap::new(),
            attached: Vec::new(),
            boundary,
            tags,
        }
    }

    pub(super) fn arn(&self, kind: Kind, account: &str) -> String {
        arn(account, format!("{}{}{}", kind.word(), self.path, self.name))
    }

    pub(super) fn describe_boundary(&self) -> Option<Value> {
        let arn = self.boundary.as_ref()?;
        Some(json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn }))
    }
}

pub(super) fn not_found(kind: Kind, name: &str) -> AwsError {
    no_such_entity(format!("The {} with name {name} cannot be found.", kind.word()))
}
