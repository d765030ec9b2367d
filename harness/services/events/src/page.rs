//! Pages of lists.

use nightproof_core::service::AwsError;
use serde_json::Value;

/// One page of a list: `limit` items from `token` on.
pub(crate) fn page(member: &str, items: Vec<Value>, token: Option<&str>, limit: Option<usize>) -> Result<Value, AwsError> {
    let limit = limit.unwrap_or(100).max(1);
    let invalid = || AwsError::validation("Parameter NextToken is not valid.");
    nightproof_core::page::page(member, items, token, limit, invalid)
}
