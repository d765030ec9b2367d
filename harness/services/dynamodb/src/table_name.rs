//! Tables as requests name them.

use nightproof_core::service::{Call, arn};

/// A table as a request names it: by name or ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) arn: String,
}

impl TableName {
    /// Reads a table's name or ARN. One of another region is nowhere.
    pub(crate) fn read(call: &Call, given: &str) -> Self {
        if given.starts_with("arn:") {
            let name = arn::resource_of(given).trim_start_matches("table/").to_owned();
            return Self { account: arn::account_of(given).to_owned(), name, arn: given.to_owned() };
        }
        let arn = call.arn("dynamodb", format!("table/{given}"));
        Self { account: call.account().to_owned(), name: given.to_owned(), arn }
    }
}
