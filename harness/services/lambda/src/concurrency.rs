//! How many invocations of a function run at once.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::quota;
use nightproof_core::service::AwsError;

use crate::function::Function;

/// Concurrent executions of an account in a region.
pub(crate) const ACCOUNT_LIMIT: u64 = quota::CONCURRENT_EXECUTIONS.value;
/// The least concurrency that must stay for functions without reserved concurrency.
pub(crate) const LEAST_UNRESERVED: u64 = 100;
/// Largest sum of all functions' code, bytes.
pub(crate) const TOTAL_CODE_SIZE: u64 = 80_530_636_800;

/// The right to run one invocation; given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _running: Arc<()>,
    /// Whether an environment is provisioned for it.
    pub provisioned: bool,
}

fn running(function: &Function) -> u64 {
    // One reference is the function's own.
    u64::try_from(Arc::strong_count(&function.running)).unwrap_or(u64::MAX).saturating_sub(1)
}

/// The provisioned concurrency of all of a function's versions and aliases.
pub(crate) fn provisioned(function: &Function) -> u64 {
    function.provisioned.values().map(|provisioned| provisioned.requested).sum()
}

/// What functions have of the account's concurrency for themselves. What is provisioned is part of what a function has reserved.
pub(crate) fn reserved(functions: &BTreeMap<String, Function>) -> u64 {
    functions.values().map(|function| function.reserved.unwrap_or_else(|| provisioned(function))).sum()
}

/// Lets an invocation of a version begin: where one is provisioned for it, else within the function's reserved concurrency or within what the
/// account has unreserved.
pub(super) fn admit(functions: &BTreeMap<String, Function>, name: &str, version: &str) -> Result<Slot, AwsError> {
    let Some(function) = functions.get(name) else { return Err(AwsError::internal("a function vanished under its lock")) };
    let of_version = |qualifier: &String| {
        qualifier == version || function.aliases.get(qualifier).is_some_and(|alias| alias.version == version)
    };
    let mut provided =
        function.provisioned.iter().filter(|(qualifier, _)| of_version(qualifier)).map(|(_, provisioned)| provisioned);
    if let Some(provisioned) = provided.find(|provisioned| provisioned.has_room()) {
        return Ok(Slot { _running: Arc::clone(&provisioned.running), provisioned: true });
    }
    match function.reserved {
        Some(reserved) if running(function) >= reserved.saturating_sub(provisioned(function)) => {
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
    Ok(Slot { _running: Arc::clone(&function.running), provisioned: false })
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors>
fn throttled(reason: &str) -> AwsError {
    AwsError::new("TooManyRequestsException", 429, "Rate Exceeded.").with("Reason", reason).with("Type", "User")
}
