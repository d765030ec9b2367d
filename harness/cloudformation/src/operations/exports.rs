//! Exports and their imports.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::export;

pub(crate) fn list(service: &CloudFormation, account: &str) -> Value {
    let stacks = service.lock();
    let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
    let exports = all.iter().filter(|stack| stack.deleted.is_none()).flat_map(|stack| {
        stack.exports.iter().map(|(name, value)| json!({"ExportingStackId": stack.id, "Name": name, "Value": value}))
    });
    json!({"Exports": exports.collect::<Vec<_>>()})
}

pub(crate) fn list_imports(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let name = input.required("ExportName");
    let stacks = service.lock();
    let importers = export::importers(stacks.get(account).map(Vec::as_slice).unwrap_or_default(), name);
    if importers.is_empty() {
        return Err(validation(format!("Export '{name}' is not imported by any stack.")));
    }
    Ok(json!({"Imports": importers}))
}
