//! The format of a file of cases.

use std::collections::BTreeMap;

use nightproof_iam_policy::{Policy, PolicyKind};
use serde::Deserialize;
use serde_json::Value;

use super::decision::DecisionCase;
use super::row::{ActionRow, ConditionRow, DocumentRow, PrincipalRow, ResourceRow};

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// The pages of AWS's documentation that the cases follow.
    pub(crate) pages: Vec<String>,
    /// Documents that decisions name.
    #[serde(default)]
    pub(crate) policies: BTreeMap<String, Value>,
    #[serde(default)]
    conditions: Vec<ConditionRow>,
    #[serde(default)]
    actions: Vec<ActionRow>,
    #[serde(default)]
    resources: Vec<ResourceRow>,
    #[serde(default)]
    principals: Vec<PrincipalRow>,
    #[serde(default)]
    documents: Vec<DocumentRow>,
    #[serde(default)]
    decisions: Vec<DecisionCase>,
}

/// What went wrong, in words.
pub(crate) type Outcome = Result<(), String>;

impl CaseFile {
    /// Runs every case: its name, and what went wrong.
    pub(crate) fn run(&self) -> Vec<(String, Outcome)> {
        let mut outcomes = Vec::new();
        outcomes.extend(self.conditions.iter().map(|row| (row.name(), row.check())));
        outcomes.extend(self.actions.iter().map(|row| (row.name(), row.check())));
        outcomes.extend(self.resources.iter().map(|row| (row.name(), row.check())));
        outcomes.extend(self.principals.iter().map(|row| (row.name(), row.check())));
        outcomes.extend(self.documents.iter().map(|row| (row.name(), row.check())));
        outcomes.extend(self.decisions.iter().map(|case| (case.name.clone(), case.check(self))));
        outcomes
    }

    /// A document by name, or as it is.
    pub(crate) fn policy(&self, reference: &Value, kind: PolicyKind) -> Result<Policy, String> {
        let document = match reference.as_str() {
            Some(name) => self.policies.get(name).ok_or_else(|| format!("no policy `{name}`"))?,
            None => reference,
        };
        Policy::parse(&document.to_string(), kind).map_err(|error| format!("{error} ({document})"))
    }
}
