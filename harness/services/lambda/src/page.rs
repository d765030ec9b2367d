//! Pages of lists.

use nightproof_core::page::Page;
use serde_json::{Value, json};

/// A configuration as lists show it: without the states, and without what is known of its runtime's version.
pub(crate) fn listed(configuration: &Value) -> Value {
    let mut shown = configuration.clone();
    if let Some(members) = shown.as_object_mut() {
        members.retain(|name, _| {
            !name.starts_with("State") && !name.starts_with("LastUpdateStatus") && name != "RuntimeVersionConfig"
        });
    }
    shown
}

/// Which part of a list a request wants.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The last name of the page before.
    pub marker: Option<&'a str>,
    pub most: Option<i64>,
    /// The largest page.
    pub largest: usize,
}

/// A page of a list that is sorted by its items' names.
pub(crate) fn page(wanted: &Wanted<'_>, member: &str, all: impl IntoIterator<Item = (String, Value)>) -> Value {
    let most = wanted.most.and_then(|most| usize::try_from(most).ok()).unwrap_or(wanted.largest).min(wanted.largest);
    let page = Page::after(wanted.marker.unwrap_or_default(), most, all);
    let mut made = json!({ member: page.items });
    if let Some(next) = page.next {
        made["NextMarker"] = next.into();
    }
    made
}
