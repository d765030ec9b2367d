//! What is kept of a function and changes nothing here: whether it may invoke itself in a loop, and when its runtime is updated.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid, require_one_of};
use crate::function_name::FunctionName;
use crate::records::Lambda;

/// `PutFunctionRecursionConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutFunctionRecursionConfig {
    function_name: String,
    recursive_loop: String,
}

/// `GetFunctionRecursionConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionRecursionConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetFunctionRecursionConfig {
    function_name: String,
}

/// `PutRuntimeManagementConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_PutRuntimeManagementConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRuntimeManagementConfig {
    function_name: String,
    qualifier: Option<String>,
    update_runtime_on: String,
    runtime_version_arn: Option<String>,
}

/// `GetRuntimeManagementConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetRuntimeManagementConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetRuntimeManagementConfig {
    function_name: String,
    qualifier: Option<String>,
}

impl Lambda {
    pub(crate) fn put_function_recursion_config(
        &self,
        call: &Call,
        input: PutFunctionRecursionConfig,
    ) -> Result<Value, AwsError> {
        require_one_of(Some(&input.recursive_loop), "recursiveLoop", &["Terminate", "Allow"])?;
        self.with_reference(call, &input.function_name, |function| {
            function.recursive_loop.clone_from(&input.recursive_loop);
            Ok(json!({ "RecursiveLoop": input.recursive_loop }))
        })
    }

    pub(crate) fn get_function_recursion_config(
        &self,
        call: &Call,
        input: GetFunctionRecursionConfig,
    ) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| Ok(json!({ "RecursiveLoop": function.recursive_loop })))
    }

    pub(crate) fn put_runtime_management_config(
        &self,
        call: &Call,
        input: PutRuntimeManagementConfig,
    ) -> Result<Value, AwsError> {
        require_one_of(Some(&input.update_runtime_on), "updateRuntimeOn", &["Auto", "Manual", "FunctionUpdate"])?;
        if (input.update_runtime_on == "Manual") != input.runtime_version_arn.is_some() {
            return Err(invalid("RuntimeVersionArn is required for Manual runtime updates, and allowed for these alone."));
        }
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        self.with(&named, |function| {
            let version = named.explicit_qualifier();
            if !function.has_version(version) {
                return Err(function.unknown(version));
            }
            let mut made = json!({ "UpdateRuntimeOn": input.update_runtime_on });
            if let Some(arn) = &input.runtime_version_arn {
                made["RuntimeVersionArn"] = arn.as_str().into();
            }
            function.runtime_management.insert(version.to_owned(), made.clone());
            made["FunctionArn"] = function.qualified(version).into();
            Ok(made)
        })
    }

    pub(crate) fn get_runtime_management_config(
        &self,
        call: &Call,
        input: GetRuntimeManagementConfig,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        self.with(&named, |function| {
            let version = named.explicit_qualifier();
            if !function.has_version(version) {
                return Err(function.unknown(version));
            }
            let mut made = function.runtime_management.get(version).cloned();
            let made = made.get_or_insert_with(|| json!({ "UpdateRuntimeOn": "Auto" }));
            made["FunctionArn"] = function.qualified(version).into();
            Ok(made.clone())
        })
    }
}
