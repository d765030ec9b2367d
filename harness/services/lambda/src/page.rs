//! Pages of lists.

use nightproof_core::document::Members as _;
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
    let marker = input.text("Marker").filter(|marker| !marker.is_empty());
    let mut rest = all.filter(|(name, _)| marker.is_none_or(|marker| name.as_str() > marker)).peekable();
    let mut items = Vec::new();
    let mut last = None;
    while items.len() < most
        && let Some((name, item)) = rest.next()
    {
        items.push(item);
        last = Some(name);
    }
    let mut made = json!({ member: items });
    if rest.peek().is_some() {
        made["NextMarker"] = last.into();
    }
    Ok(made)
}
