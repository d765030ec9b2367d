//! Exports: values that stacks of one account and region give each other.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html>

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::stack::{Stack, StackStatus};
use super::{CloudFormation, text, validation};

/// Exports of all stacks but this one, by name.
pub(super) fn of_others(service: &CloudFormation, account: &str, stack_id: &str) -> BTreeMap<String, String> {
    let stacks = service.lock();
    let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
    // What will soon be gone cannot be imported any more.
    let lasts = |stack: &&Stack| stack.deleted.is_none() && stack.status != StackStatus::DeleteInProgress;
    all.iter().filter(lasts).filter(|stack| stack.id != stack_id).flat_map(|stack| stack.exports.clone()).collect()
}

/// Names of the stacks that import this export.
fn importers(stacks: &[Stack], name: &str) -> Vec<String> {
    let importing = stacks.iter().filter(|stack| stack.deleted.is_none() && stack.imports.contains(name));
    importing.map(|stack| stack.name.clone()).collect()
}

/// Why the exports of a stack cannot become `wanted`: another stack has one of these names, or uses one that changes.
pub(super) fn conflict(stacks: &[Stack], id: &str, wanted: &BTreeMap<String, String>) -> Option<String> {
    let others = || stacks.iter().filter(|stack| stack.deleted.is_none() && stack.id != id);
    for name in wanted.keys() {
        if let Some(other) = others().find(|stack| stack.exports.contains_key(name)) {
            return Some(format!("Export with name {name} is already exported by stack {}.", other.name));
        }
    }
    let current = stacks.iter().find(|stack| stack.id == id)?;
    for (name, value) in &current.exports {
        let what = match wanted.get(name) {
            None => "deleted",
            Some(wanted) if wanted != value => "updated",
            Some(_) => continue,
        };
        let importers = importers(stacks, name);
        if !importers.is_empty() {
            return Some(format!("Export {name} cannot be {what} as it is in use by {}", importers.join(" and ")));
        }
    }
    None
}

pub(super) fn list(service: &CloudFormation, account: &str) -> Value {
    let stacks = service.lock();
    let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
    let exports = all.iter().filter(|stack| stack.deleted.is_none()).flat_map(|stack| {
        stack.exports.iter().map(|(name, value)| json!({"ExportingStackId": stack.id, "Name": name, "Value": value}))
    });
    json!({"Exports": exports.collect::<Vec<_>>()})
}

pub(super) fn list_imports(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let name = text(input, "ExportName");
    let stacks = service.lock();
    let importers = importers(stacks.get(account).map(Vec::as_slice).unwrap_or_default(), name);
    if importers.is_empty() {
        return Err(validation(format!("Export '{name}' is not imported by any stack.")));
    }
    Ok(json!({"Imports": importers}))
}
