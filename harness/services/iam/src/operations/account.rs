//! The account as a whole.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use crate::page::page;
use crate::records::Records;

/// `ListAccountAliases`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAccountAliases {
    max_items: Option<usize>,
    marker: Option<String>,
}

/// `GetAccountSummary`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
#[derive(Debug, Deserialize)]
pub(crate) struct GetAccountSummary {}

/// No account has an alias.
pub(crate) fn list_aliases(_: &Records, _: &Call, input: ListAccountAliases) -> Result<Value, AwsError> {
    page("AccountAliases", Vec::new(), input.max_items, input.marker.as_deref())
}

pub(crate) fn summary(records: &Records, _: &Call, _: GetAccountSummary) -> Result<Value, AwsError> {
    Ok(records.summary())
}
