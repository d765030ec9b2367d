//! Pages of lists.

use nightproof_core::document::Members as _;
use nightproof_core::page::Page;
use nightproof_wire::AwsError;
use serde_json::{Map, Value, json};

/// One page of `entries`, which are in order of the names that continue it.
pub(crate) fn paged(input: &Value, member: &str, usual: usize, entries: Vec<(String, Value)>) -> Result<Value, AwsError> {
    let limit = input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual);
    let page = Page::after(input.text("Marker").unwrap_or_default(), limit, entries);
    let mut output = Map::new();
    output.insert("Truncated".to_owned(), json!(page.next.is_some()));
    if let Some(next) = page.next {
        output.insert("NextMarker".to_owned(), json!(next));
    }
    output.insert(member.to_owned(), page.items.into());
    Ok(Value::Object(output))
}
