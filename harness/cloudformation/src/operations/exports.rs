//! Exports and their imports.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::export;

/// `ListExports`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListExports.html>
#[derive(Debug, Deserialize)]
pub(crate) struct ListExports {}

/// `ListImports`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListImports.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListImports {
    export_name: String,
}

impl CloudFormation {
    pub(crate) fn list_exports(&self, call: &Call, _input: ListExports) -> Result<Value, AwsError> {
        let stacks = self.lock();
        let all = stacks.get(call.account()).map(Vec::as_slice).unwrap_or_default();
        let exports = all.iter().filter(|stack| stack.deleted.is_none()).flat_map(|stack| {
            stack.exports.iter().map(|(name, value)| json!({"ExportingStackId": stack.id, "Name": name, "Value": value}))
        });
        Ok(json!({"Exports": exports.collect::<Vec<_>>()}))
    }

    pub(crate) fn list_imports(&self, call: &Call, input: ListImports) -> Result<Value, AwsError> {
        let name = input.export_name.as_str();
        let stacks = self.lock();
        let importers = export::importers(stacks.get(call.account()).map(Vec::as_slice).unwrap_or_default(), name);
        if importers.is_empty() {
            return Err(validation(format!("Export '{name}' is not imported by any stack.")));
        }
        Ok(json!({"Imports": importers}))
    }
}
