//! How asynchronous invocations are retried, and where their outcomes go.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html>

use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::destination;
use crate::error::{invalid, not_found};
use crate::function::{Function, qualifier};
use crate::page::page;
use crate::records::Lambda;

const MEMBERS: [&str; 3] = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"];

impl Lambda {
    /// `PutFunctionEventInvokeConfig` replaces what there is, `UpdateFunctionEventInvokeConfig` (`keep`) changes it.
    pub(crate) fn put_invoke_config(&self, call: &Call, input: &Value, keep: bool) -> Result<Value, AwsError> {
        if !MEMBERS.iter().any(|member| input.get(member).is_some()) {
            return Err(invalid("You must specify at least one of error handling or destination setting."));
        }
        self.with(call, input, |function| {
            let key = key(function, input)?;
            let before = function.invoke_configs.get(&key).cloned();
            let mut made = match (keep, before) {
                (true, Some(before)) => before,
                (true, None) => return Err(none(function, &key)),
                (false, _) => json!({ "DestinationConfig": { "OnSuccess": {}, "OnFailure": {} } }),
            };
            made["FunctionArn"] = format!("{}:{key}", function.arn()).into();
            made["LastModified"] = call.now.to_string().into();
            for member in MEMBERS {
                if let Some(value) = input.get(member) {
                    made[member] = value.clone();
                }
            }
            destination::check(call, function.arn(), &made["DestinationConfig"])?;
            function.invoke_configs.insert(key, made.clone());
            Ok(made)
        })
    }

    pub(crate) fn get_invoke_config(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let key = key(function, input)?;
            function.invoke_configs.get(&key).cloned().ok_or_else(|| none(function, &key))
        })
    }

    pub(crate) fn delete_invoke_config(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let key = key(function, input)?;
            match function.invoke_configs.remove(&key) {
                Some(_) => Ok(json!({})),
                None => Err(none(function, &key)),
            }
        })
    }

    pub(crate) fn list_invoke_configs(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let all = function.invoke_configs.iter().map(|(key, config)| (key.clone(), config.clone()));
            page(input, "FunctionEventInvokeConfigs", all)
        })
    }
}

/// The qualifier that a configuration is kept under: one that is not named is that of `$LATEST`.
fn key(function: &Function, input: &Value) -> Result<String, AwsError> {
    let key = qualifier(input).unwrap_or("$LATEST");
    function.resolve(Some(key))?;
    Ok(key.to_owned())
}

fn none(function: &Function, key: &str) -> AwsError {
    not_found(format!("The function {}:{key} doesn't have an EventInvokeConfig", function.arn()))
}
