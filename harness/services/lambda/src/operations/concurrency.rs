//! Reserved concurrency, and the account's settings.

use std::collections::BTreeMap;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::concurrency::{ACCOUNT_LIMIT, LEAST_UNRESERVED, TOTAL_CODE_SIZE, reserved};
use crate::error::invalid;
use crate::records::Lambda;

impl Lambda {
    pub(crate) fn put_concurrency(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let wanted = input.number("ReservedConcurrentExecutions").and_then(|wanted| u64::try_from(wanted).ok()).unwrap_or(0);
        let name = self.with(call, input, |function| Ok(function.configuration.required("FunctionName").to_owned()))?;
        let mut functions = self.functions.lock();
        let functions = functions.entry(call.account().to_owned()).or_default();
        let before = functions.get(&name).and_then(|function| function.reserved).unwrap_or(0);
        if wanted > before && reserved(functions) - before + wanted > ACCOUNT_LIMIT - LEAST_UNRESERVED {
            return Err(invalid(&format!(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{LEAST_UNRESERVED}]."
            )));
        }
        if let Some(function) = functions.get_mut(&name) {
            function.reserved = Some(wanted);
        }
        Ok(json!({ "ReservedConcurrentExecutions": wanted }))
    }

    pub(crate) fn get_concurrency(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| Ok(function.concurrency()))
    }

    pub(crate) fn delete_concurrency(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            function.reserved = None;
            Ok(json!({}))
        })
    }

    pub(crate) fn account_settings(&self, call: &Call) -> Value {
        let functions = self.functions.lock();
        let empty = BTreeMap::new();
        let functions = functions.get(call.account()).unwrap_or(&empty);
        let size: i64 = functions.values().filter_map(|function| function.configuration.number("CodeSize")).sum();
        json!({
            "AccountLimit": {
                "TotalCodeSize": TOTAL_CODE_SIZE, "CodeSizeUnzipped": crate::code::LARGEST, "CodeSizeZipped": crate::code::LARGEST_ZIP,
                "ConcurrentExecutions": ACCOUNT_LIMIT,
                "UnreservedConcurrentExecutions": ACCOUNT_LIMIT.saturating_sub(reserved(functions)),
            },
            "AccountUsage": { "TotalCodeSize": size, "FunctionCount": functions.len() },
        })
    }
}
