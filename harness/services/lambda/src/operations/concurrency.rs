//! Reserved concurrency.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::concurrency::{ACCOUNT_LIMIT, LEAST_UNRESERVED, provisioned, reserved};
use crate::error::{invalid, invalid_without_type, not_found};
use crate::function_name::FunctionName;
use crate::records::Lambda;

/// `PutFunctionConcurrency`. <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutFunctionConcurrency {
    function_name: String,
    reserved_concurrent_executions: u64,
}

/// `GetFunctionConcurrency`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetFunctionConcurrency {
    function_name: String,
}

/// `DeleteFunctionConcurrency`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionConcurrency.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteFunctionConcurrency {
    function_name: String,
}

impl Lambda {
    pub(crate) fn put_function_concurrency(&self, call: &Call, input: PutFunctionConcurrency) -> Result<Value, AwsError> {
        let wanted = input.reserved_concurrent_executions;
        let named = FunctionName::read(call, &input.function_name, None)?;
        if named.qualifier().is_some() {
            return Err(invalid(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
            ));
        }
        let mut accounts = self.accounts.lock();
        let missing = || not_found(format!("Function not found: {}", named.explicit_arn()));
        let functions = &mut accounts.get_mut(&named.account).ok_or_else(missing)?.functions;
        let all = reserved(functions);
        let function = functions.get_mut(&named.name).ok_or_else(missing)?;
        let provisioned = provisioned(function);
        let before = function.reserved.unwrap_or(provisioned);
        if all - before + wanted > ACCOUNT_LIMIT - LEAST_UNRESERVED {
            return Err(invalid_without_type(format!(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{LEAST_UNRESERVED}]."
            )));
        }
        if provisioned > wanted {
            // AWS's text has these spaces.
            return Err(invalid_without_type(format!(
                " ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned concurrency [{provisioned}]."
            )));
        }
        function.reserved = Some(wanted);
        Ok(json!({ "ReservedConcurrentExecutions": wanted }))
    }

    pub(crate) fn get_function_concurrency(&self, call: &Call, input: GetFunctionConcurrency) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| Ok(function.concurrency()))
    }

    pub(crate) fn delete_function_concurrency(&self, call: &Call, input: DeleteFunctionConcurrency) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| {
            function.reserved = None;
            Ok(json!({}))
        })
    }
}
