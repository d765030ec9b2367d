//! Pages of lists.

use nightproof_core::service::AwsError;
use serde_json::Value;

/// A page of at most `size` items, 100 if the request does not say.
pub(crate) fn page(member: &str, items: Vec<Value>, token: Option<&str>, size: Option<usize>) -> Result<Value, AwsError> {
    let invalid = || AwsError::new("InvalidNextTokenException", 400, "The NextToken value is invalid.");
    nightproof_core::page::page(member, items, token, size.unwrap_or(100), invalid)
}
