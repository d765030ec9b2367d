//! `Marker` and `MaxItems`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightproof_core::page::Page;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::validation;

/// One page of `items` under `member`. The marker is opaque and tells how many items came before.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>
pub(super) fn page(member: &str, items: Vec<Value>, limit: Option<usize>, marker: Option<&str>) -> Result<Value, AwsError> {
    let skip = match marker {
        None => 0,
        Some(marker) => URL_SAFE_NO_PAD
            .decode(marker)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.strip_prefix("after:").and_then(|count| count.parse::<usize>().ok()))
            .ok_or_else(|| validation("Invalid Marker."))?,
    };
    let take = limit.unwrap_or(100);
    let page = Page::at(skip, take, items);
    let mut output = json!({ member: page.items, "IsTruncated": page.next.is_some() });
    if let (Some(output), Some(next)) = (output.as_object_mut(), page.next) {
        output.insert("Marker".to_owned(), URL_SAFE_NO_PAD.encode(format!("after:{next}")).into());
    }
    Ok(output)
}
