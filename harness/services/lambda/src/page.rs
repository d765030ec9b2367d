//! Pages of lists.

use nightproof_core::document::Members as _;
use nightproof_core::page::Page;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

/// A configuration as lists show it: without the states.
pub(crate) fn listed(configuration: &Value) -> Value {
    let mut shown = configuration.clone();
    if let Some(members) = shown.as_object_mut() {
        members.retain(|name, _| !name.starts_with("State") && !name.starts_with("LastUpdateStatus"));
    }
    shown
}

/// A page of a list that is sorted by its items' names: the marker is the last name of the page before.
pub(crate) fn page(input: &Value, member: &str, all: impl Iterator<Item = (String, Value)>) -> Result<Value, AwsError> {
    let most = usize::try_from(input.number("MaxItems").unwrap_or(50)).unwrap_or(50).min(50);
    let page = Page::after(input.text("Marker").unwrap_or_default(), most, all);
    let mut made = json!({ member: page.items });
    if let Some(next) = page.next {
        made["NextMarker"] = next.into();
    }
    Ok(made)
}
