//! The account's limits, and what of them is used.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::concurrency::{ACCOUNT_LIMIT, TOTAL_CODE_SIZE, reserved};
use crate::records::{Account, Lambda};

/// `GetAccountSettings`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html>
#[derive(Debug, Deserialize)]
pub(crate) struct GetAccountSettings {}

/// Bytes of the zips of all versions of all functions and layers.
fn code_size(account: &Account) -> u64 {
    let of_functions = account.functions.values().map(|function| {
        let versions: u64 = function.versions.values().map(|version| version.definition.code.size).sum();
        function.latest().code.size + versions
    });
    let of_layers = account.layers.values().flat_map(|layer| layer.versions.values()).map(|version| version.code.size);
    of_functions.chain(of_layers).sum()
}

impl Lambda {
    pub(crate) fn get_account_settings(&self, call: &Call, _input: GetAccountSettings) -> Result<Value, AwsError> {
        let accounts = self.accounts.lock();
        let account = accounts.get(call.account());
        let none = BTreeMap::new();
        let functions = account.map_or(&none, |account| &account.functions);
        Ok(json!({
            "AccountLimit": {
                "TotalCodeSize": TOTAL_CODE_SIZE, "CodeSizeUnzipped": crate::code::LARGEST, "CodeSizeZipped": crate::code::LARGEST_ZIP,
                "ConcurrentExecutions": ACCOUNT_LIMIT,
                "UnreservedConcurrentExecutions": ACCOUNT_LIMIT.saturating_sub(reserved(functions)),
            },
            "AccountUsage": { "TotalCodeSize": account.map_or(0, code_size), "FunctionCount": functions.len() },
        }))
    }
}
