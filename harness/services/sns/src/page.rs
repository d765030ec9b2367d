//! Pages of lists.

use nightproof_core::service::AwsError;
use serde_json::Value;

use crate::error::invalid;

/// A page of 100, as all lists of this service have.
pub(crate) fn page(member: &str, items: Vec<Value>, token: Option<&str>) -> Result<Value, AwsError> {
    nightproof_core::page::page(member, items, token, 100, || invalid("NextToken"))
}
