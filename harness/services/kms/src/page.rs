//! Pages of lists.

use nightproof_core::document::Members as _;
use nightproof_wire::AwsError;
use serde_json::{Map, Value, json};

/// One page of `entries`, which are in order of the names that continue it.
pub(crate) fn paged(input: &Value, member: &str, usual: usize, entries: Vec<(String, Value)>) -> Result<Value, AwsError> {
    let limit = input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual);
    let after = input.text("Marker").unwrap_or_default();
    let mut left: Vec<(String, Value)> = entries.into_iter().filter(|(name, _)| name.as_str() > after).collect();
    let truncated = left.len() > limit;
    left.truncate(limit);
    let mut output = Map::new();
    output.insert("Truncated".to_owned(), json!(truncated));
    if let Some((name, _)) = left.last().filter(|_| truncated) {
        output.insert("NextMarker".to_owned(), json!(name));
    }
    output.insert(member.to_owned(), left.into_iter().map(|(_, entry)| entry).collect());
    Ok(Value::Object(output))
}
