//! How a resource's properties differ from what they were.

use nightproof_resource::changed;
use serde_json::Value;

use crate::resource_type::ResourceType;

/// What differs between two sets of resolved properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Names of properties with another value, in the order of the new ones.
    pub changed: Vec<String>,
    /// Those of them that cannot be changed in place.
    pub replacing: Vec<String>,
}

impl Difference {
    pub(crate) fn between(resource_type: &ResourceType, old: &Value, new: &Value) -> Self {
        let names = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
        let (before, mut all): (Vec<String>, Vec<String>) = (names(old), names(new));
        all.extend(before.into_iter().filter(|name| new.get(name).is_none()));
        let changed: Vec<String> = all.into_iter().filter(|name| changed(old, new, name).is_some()).collect();
        let replacing = changed.iter().filter(|name| resource_type.replaces(name, new)).cloned().collect();
        Self { changed, replacing }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }

    pub(crate) fn needs_replacement(&self) -> bool {
        !self.replacing.is_empty()
    }
}
