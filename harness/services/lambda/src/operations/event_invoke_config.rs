//! How asynchronous invocations are retried, and where their outcomes go.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::destination::{self, DestinationConfig};
use crate::error::{invalid, not_found};
use crate::function_name::FunctionName;
use crate::page::{Wanted, page};
use crate::records::Lambda;

/// `PutFunctionEventInvokeConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutFunctionEventInvokeConfig {
    function_name: String,
    qualifier: Option<String>,
    maximum_retry_attempts: Option<u64>,
    maximum_event_age_in_seconds: Option<u64>,
    destination_config: Option<DestinationConfig>,
}

/// `UpdateFunctionEventInvokeConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionEventInvokeConfig.html>
pub(crate) type UpdateFunctionEventInvokeConfig = PutFunctionEventInvokeConfig;

/// `GetFunctionEventInvokeConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetFunctionEventInvokeConfig {
    function_name: String,
    qualifier: Option<String>,
}

/// `DeleteFunctionEventInvokeConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteFunctionEventInvokeConfig {
    function_name: String,
    qualifier: Option<String>,
}

/// `ListFunctionEventInvokeConfigs`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListFunctionEventInvokeConfigs {
    function_name: String,
    marker: Option<String>,
    max_items: Option<i64>,
}

fn no_function() -> AwsError {
    not_found("The function doesn't exist.")
}

fn none(named: &FunctionName) -> AwsError {
    not_found(format!("The function {} doesn't have an EventInvokeConfig", named.explicit_arn()))
}

impl Lambda {
    pub(crate) fn put_function_event_invoke_config(
        &self,
        call: &Call,
        input: PutFunctionEventInvokeConfig,
    ) -> Result<Value, AwsError> {
        self.put_invoke_config(call, &input, false)
    }

    pub(crate) fn update_function_event_invoke_config(
        &self,
        call: &Call,
        input: UpdateFunctionEventInvokeConfig,
    ) -> Result<Value, AwsError> {
        self.put_invoke_config(call, &input, true)
    }

    /// Putting replaces what there is, updating (`keep`) changes it.
    fn put_invoke_config(&self, call: &Call, input: &PutFunctionEventInvokeConfig, keep: bool) -> Result<Value, AwsError> {
        let named = &FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let (attempts, age) = (input.maximum_retry_attempts, input.maximum_event_age_in_seconds);
        if attempts.is_none() && age.is_none() && input.destination_config.is_none() {
            return Err(invalid("You must specify at least one of error handling or destination setting."));
        }
        let exists = |arn: &str| self.find(&FunctionName::of_reference(call, arn, None), |_| ()).is_some();
        let known = self.find(named, |function| function.has(named.explicit_qualifier())).unwrap_or(false);
        if !known {
            return Err(no_function());
        }
        if let Some(destinations) = &input.destination_config {
            destination::check(call, &named.arn(), destinations, exists)?;
        }
        let made = self.find(named, |function| {
            let before = function.invoke_configs.get(named.explicit_qualifier()).cloned();
            let mut made = match (keep, before) {
                (true, Some(before)) => before,
                (true, None) => return Err(none(named)),
                (false, _) => json!({ "DestinationConfig": DestinationConfig::default().describe() }),
            };
            made["FunctionArn"] = named.explicit_arn().into();
            made["LastModified"] = call.now.to_string().into();
            for (member, value) in [("MaximumRetryAttempts", attempts), ("MaximumEventAgeInSeconds", age)] {
                if let Some(value) = value {
                    made[member] = value.into();
                }
            }
            if let Some(destinations) = &input.destination_config {
                made["DestinationConfig"] = destinations.describe();
            }
            function.invoke_configs.insert(named.explicit_qualifier().to_owned(), made.clone());
            Ok(made)
        });
        made.unwrap_or_else(|| Err(no_function()))
    }

    pub(crate) fn get_function_event_invoke_config(
        &self,
        call: &Call,
        input: GetFunctionEventInvokeConfig,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let found = self.find(&named, |function| function.invoke_configs.get(named.explicit_qualifier()).cloned());
        found.flatten().ok_or_else(|| none(&named))
    }

    pub(crate) fn delete_function_event_invoke_config(
        &self,
        call: &Call,
        input: DeleteFunctionEventInvokeConfig,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let removed = self.find(&named, |function| function.invoke_configs.remove(named.explicit_qualifier()));
        removed.flatten().map(|_| json!({})).ok_or_else(|| none(&named))
    }

    pub(crate) fn list_function_event_invoke_configs(
        &self,
        call: &Call,
        input: ListFunctionEventInvokeConfigs,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, None)?;
        let listed = self.find(&named, |function| {
            let all = function.invoke_configs.iter().map(|(key, config)| (key.clone(), config.clone()));
            let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
            page(&wanted, "FunctionEventInvokeConfigs", all)
        });
        listed.ok_or_else(no_function)
    }
}
