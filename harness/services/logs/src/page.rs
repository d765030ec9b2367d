//! Pages of descriptions.

use nightproof_core::page::Page;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::invalid;

/// One page of a description: at most `limit` (50), from `token` (an offset) on.
pub(crate) fn page(items: Vec<Value>, member: &str, limit: Option<usize>, token: Option<&str>) -> Result<Value, AwsError> {
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
