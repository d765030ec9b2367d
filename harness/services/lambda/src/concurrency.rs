//! How many invocations of a function run at once.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::quota;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::function::Function;
use super::{Lambda, invalid};

/// Concurrent executions of an account in a region.
const ACCOUNT_LIMIT: u64 = quota::CONCURRENT_EXECUTIONS.value;
/// What must stay for functions without reserved concurrency.
const LEAST_UNRESERVED: u64 = 100;
/// Largest sum of all functions' code, bytes.
const TOTAL_CODE_SIZE: u64 = 80_530_636_800;

/// The right to run one invocation; given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _running: Arc<()>,
}

fn running(function: &Function) -> u64 {
    // One reference is the function's own.
    u64::try_from(Arc::strong_count(&function.running)).unwrap_or(u64::MAX).saturating_sub(1)
}

fn reserved(functions: &BTreeMap<String, Function>) -> u64 {
    functions.values().filter_map(|function| function.reserved).sum()
}

/// Lets an invocation of `name` begin, within its reserved concurrency or within what the account has unreserved.
pub(super) fn admit(functions: &BTreeMap<String, Function>, name: &str) -> Result<Slot, AwsError> {
    let Some(function) = functions.get(name) else { return Err(AwsError::internal("a function vanished under its lock")) };
    match function.reserved {
        Some(reserved) if running(function) >= reserved => {
            return Err(throttled("ReservedFunctionConcurrentInvocationLimitExceeded"));
        }
        Some(_) => {}
        None => {
            let running: u64 = functions.values().filter(|function| function.reserved.is_none()).map(running).sum();
            if running >= ACCOUNT_LIMIT.saturating_sub(reserved(functions)) {
                return Err(throttled("ConcurrentInvocationLimitExceeded"));
            }
        }
    }
    Ok(Slot { _running: Arc::clone(&function.running) })
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors>
fn throttled(reason: &str) -> AwsError {
    AwsError::new("TooManyRequestsException", 429, "Rate Exceeded.").with("Reason", reason)
}

impl Lambda {
    pub(super) fn put_concurrency(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
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

    pub(super) fn get_concurrency(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| Ok(function.concurrency()))
    }

    pub(super) fn delete_concurrency(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            function.reserved = None;
            Ok(json!({}))
        })
    }

    pub(super) fn account_settings(&self, call: &Call) -> Value {
        let functions = self.functions.lock();
        let empty = BTreeMap::new();
        let functions = functions.get(call.account()).unwrap_or(&empty);
        let size: i64 = functions.values().filter_map(|function| function.configuration.number("CodeSize")).sum();
        json!({
            "AccountLimit": {
                "TotalCodeSize": TOTAL_CODE_SIZE, "CodeSizeUnzipped": super::code::LARGEST, "CodeSizeZipped": super::code::LARGEST_ZIP,
                "ConcurrentExecutions": ACCOUNT_LIMIT,
                "UnreservedConcurrentExecutions": ACCOUNT_LIMIT.saturating_sub(reserved(functions)),
            },
            "AccountUsage": { "TotalCodeSize": size, "FunctionCount": functions.len() },
        })
    }
}
