//! Outputs and exports of a stack whose resources are made.

use std::collections::BTreeMap;

use nightproof_template::Deployment;
use serde_json::{Value, json};

use crate::export;
use crate::records::{MadeSoFar, StackStatus};
use crate::worker::Worker;

/// Gives the stack its outputs and exports, and then `status`.
pub(crate) fn finish(worker: &Worker, deployment: &Deployment<'_>, made: &MadeSoFar, status: StackStatus) -> Result<(), String> {
    let outputs = deployment.outputs(made).map_err(|error| error.message)?;
    let mut exports = BTreeMap::new();
    for (name, value) in outputs.iter().filter_map(|output| Some((output.export.clone()?, output.value.clone()))) {
        if exports.insert(name.clone(), value).is_some() {
            return Err(format!("Export with name {name} is declared by more than one output."));
        }
    }
    let now = worker.now();
    // In one go: nobody is to take a name, or to import a value, between the check and the change.
    let mut stacks = worker.service.lock();
    let Some(stacks) = stacks.get_mut(&worker.caller.account) else { return Ok(()) };
    if let Some(conflict) = export::conflict(stacks, &worker.id, &exports) {
        return Err(conflict);
    }
    // Whoever deletes the stack meanwhile has said what becomes of it.
    let found = stacks.iter_mut().find(|stack| stack.id == worker.id && stack.status != StackStatus::DeleteInProgress);
    if let Some(stack) = found {
        stack.outputs = outputs.iter().map(output).collect();
        stack.exports = exports;
        stack.becomes(status, None, now);
    }
    Ok(())
}

/// An output as `DescribeStacks` shows it.
pub(crate) fn output(output: &nightproof_template::ResolvedOutput) -> Value {
    json!({
        "OutputKey": output.name,
        "OutputValue": output.value,
        "Description": output.description,
        "ExportName": output.export,
    })
}
