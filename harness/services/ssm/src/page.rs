//! Pages of lists.

use nightproof_core::service::AwsError;
use serde_json::Value;

/// One page of a list of this service.
pub(crate) fn page(member: &str, items: Vec<Value>, token: Option<&str>, size: usize) -> Result<Value, AwsError> {
    nightproof_core::page::page(member, items, token, size, || {
        AwsError::new("InvalidNextToken", 400, "The specified token isn't valid.")
    })
}
