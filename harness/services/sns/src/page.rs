//! Pages of lists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;
use serde_json::Value;

use crate::error::invalid;

/// A page of 100, as all lists of this service have. Tokens are base64.
pub(crate) fn page(member: &str, items: Vec<Value>, token: Option<&str>) -> Result<Value, AwsError> {
    let refused = || invalid("NextToken");
    let decoded = |token: &str| String::from_utf8(STANDARD.decode(token).ok()?).ok();
    let start = token.map(|token| decoded(token).ok_or_else(refused)).transpose()?;
    let mut page = nightproof_core::page::page(member, items, start.as_deref(), 100, refused)?;
    if let Some(Value::String(token)) = page.get_mut("NextToken") {
        *token = STANDARD.encode(token.as_str());
    }
    Ok(page)
}
