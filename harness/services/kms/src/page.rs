//! Pages of lists.

use nightproof_core::page::Page;
use nightproof_wire::AwsError;
use serde_json::{Map, Value, json};

/// One page of `entries`, which are in order of the names that continue it.
pub(crate) fn paged(member: &str, entries: Vec<(String, Value)>, limit: usize, marker: Option<&str>) -> Result<Value, AwsError> {
    let page = Page::after(marker.unwrap_or_default(), limit, entries);
    let mut output = Map::new();
    output.insert("Truncated".to_owned(), json!(page.next.is_some()));
    if let Some(next) = page.next {
        output.insert("NextMarker".to_owned(), json!(next));
    }
    output.insert(member.to_owned(), page.items.into());
    Ok(Value::Object(output))
}
