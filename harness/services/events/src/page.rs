//! Pages of lists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;
use serde_json::Value;

/// One page of a list: `limit` items from `token` on. A token is opaque, and says how many items came before.
pub(crate) fn page(member: &str, items: Vec<Value>, token: Option<&str>, limit: Option<usize>) -> Result<Value, AwsError> {
    let limit = limit.unwrap_or(100).max(1);
    let invalid = || AwsError::validation("Parameter NextToken is not valid.");
    let start = match token {
        None => None,
        Some(token) => Some(read(token).ok_or_else(invalid)?),
    };
    let mut output = nightproof_core::page::page(member, items, start.as_deref(), limit, invalid)?;
    if let Some(Value::String(next)) = output.get_mut("NextToken") {
        *next = STANDARD.encode(format!("{AFTER}{next}"));
    }
    Ok(output)
}

const AFTER: &str = "after:";

fn read(token: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix(AFTER).map(str::to_owned)
}
