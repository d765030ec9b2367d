//! A policy document, parsed once.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::pattern;
use crate::policy_error::PolicyError;
use crate::statement::Statement;

/// What a policy is attached to, and so what it may and must contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// Of a user, group or role; also a managed policy, a permissions boundary, a session policy: no `Principal`.
    Identity,
    /// Of a bucket, queue, topic, key, secret: `Principal` and `Resource`.
    Resource,
    /// Who may assume a role: `Principal`, actions of STS, no `Resource`.
    Trust,
}

/// A policy document. Immutable, and cheap to put requests before.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(crate) kind: PolicyKind,
    pub(crate) version: Option<Version>,
    pub(crate) id: Option<Box<str>>,
    pub(crate) statements: Box<[Statement]>,
}

/// Versions of the policy language.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Without policy variables; also what a document without `Version` is.
    Of2008,
    Of2012,
}

impl Version {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Of2008, Self::Of2012].into_iter().find(|version| version.name() == text)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Of2008 => "2008-10-17",
            Self::Of2012 => "2012-10-17",
        }
    }
}

impl Policy {
    /// The statements, in the order of the document.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// What the policy is attached to.
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// The condition keys that the policy asks for, by its conditions and by its variables: as written, without repetition, in alphabetical
    /// order. Upper and lower case are the same.
    pub fn context_keys(&self) -> Vec<&str> {
        let mut keys = BTreeMap::new();
        let mut note = |key| {
            keys.entry(str::to_ascii_lowercase(key)).or_insert(key);
        };
        let variables = self.version == Some(Version::Of2012);
        for statement in &self.statements {
            for condition in &statement.conditions {
                note(&condition.key);
                condition.wanted.iter().filter(|_| variables).flat_map(|wanted| pattern::variables(wanted)).for_each(&mut note);
            }
            let resources = statement.resources.iter().filter(|_| variables).flat_map(|resources| &resources.patterns);
            resources.flat_map(|resource| pattern::variables(resource.source())).for_each(&mut note);
        }
        keys.into_values().collect()
    }

    /// A document that parses to an equal policy. Lists of one are written as the one; `Statement` is always a list.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        if let Some(version) = self.version {
            object.insert("Version".to_owned(), json!(version.name()));
        }
        if let Some(id) = &self.id {
            object.insert("Id".to_owned(), json!(id));
        }
        object.insert("Statement".to_owned(), self.statements.iter().map(Statement::to_json).collect());
        Value::Object(object)
    }

    /// Refuses what `iam:CreatePolicy` and `iam:CreatePolicyVersion` refuse and inline policies may have: a version before 2012-10-17.
    pub fn check_managed(&self) -> Result<(), PolicyError> {
        match self.version {
            Some(Version::Of2012) => Ok(()),
            Some(Version::Of2008) | None => Err(PolicyError::new("Policy document must be version 2012-10-17 or greater.")),
        }
    }
}
