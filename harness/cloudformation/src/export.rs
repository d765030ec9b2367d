//! Exports: values that stacks of one account and region give each other.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html>

use std::collections::BTreeMap;

use nightproof_core::document::Members as _;
use nightproof_template::Inputs;
use serde_json::Value;

use crate::cloudformation::CloudFormation;
use crate::records::{Stack, StackStatus};

/// Reads again what other stacks export: it may have come and gone since the submission was read.
pub(crate) fn refresh(service: &CloudFormation, account: &str, stack_id: &str, inputs: &mut Inputs) {
    inputs.imports = of_others(service, account, stack_id);
    inputs.stack_outputs = outputs_of_others(service, account, stack_id);
}

/// Exports of all stacks but this one, by name.
pub(crate) fn of_others(service: &CloudFormation, account: &str, stack_id: &str) -> BTreeMap<String, String> {
    let stacks = service.lock();
    let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
    // What will soon be gone cannot be imported any more.
    let lasts = |stack: &&Stack| stack.deleted.is_none() && stack.status != StackStatus::DeleteInProgress;
    all.iter().filter(lasts).filter(|stack| stack.id != stack_id).flat_map(|stack| stack.exports.clone()).collect()
}

/// Outputs of all stacks but this one, by the stacks' names and ids.
pub(crate) fn outputs_of_others(
    service: &CloudFormation,
    account: &str,
    stack_id: &str,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let stacks = service.lock();
    let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
    let mut found = BTreeMap::new();
    for stack in all.iter().filter(|stack| stack.deleted.is_none() && stack.id != stack_id) {
        let text = |output: &Value, name: &str| output.text(name).map(str::to_owned);
        let pair = |output: &Value| Some((text(output, "OutputKey")?, text(output, "OutputValue")?));
        let outputs: BTreeMap<String, String> = stack.outputs.iter().filter_map(pair).collect();
        found.insert(stack.name.clone(), outputs.clone());
        found.insert(stack.id.clone(), outputs);
    }
    found
}

/// Names of the stacks that import this export.
pub(crate) fn importers(stacks: &[Stack], name: &str) -> Vec<String> {
    let importing = stacks.iter().filter(|stack| stack.deleted.is_none() && stack.imports.contains(name));
    importing.map(|stack| stack.name.clone()).collect()
}

/// Why the exports of a stack cannot become `wanted`: another stack has one of these names, or uses one that changes.
pub(crate) fn conflict(stacks: &[Stack], id: &str, wanted: &BTreeMap<String, String>) -> Option<String> {
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
