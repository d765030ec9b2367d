//! Pages of descriptions.

use nightproof_core::document::Members as _;
use nightproof_core::page::Page;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::invalid;

/// One page of a description: `limit` (50), `nextToken` (an offset).
pub(crate) fn page(items: Vec<Value>, member: &str, input: &Value) -> Result<Value, AwsError> {
    let limit = input.number("limit").and_then(|limit| usize::try_from(limit).ok());
    page_of(items, member, limit, input.text("nextToken"))
}

/// As [`page`], of an input that is a struct.
pub(crate) fn page_of(items: Vec<Value>, member: &str, limit: Option<usize>, token: Option<&str>) -> Result<Value, AwsError> {
    let start: usize = match token {
        None => 0,
        Some(token) => token.parse().map_err(|_| invalid("The specified nextToken is invalid."))?,
    };
    let page = Page::at(start, limit.unwrap_or(50), items);
    let mut output = json!({member: page.items});
    if let (Some(output), Some(next)) = (output.as_object_mut(), page.next) {
        output.insert("nextToken".to_owned(), json!(next.to_string()));
    }
    Ok(output)
}
