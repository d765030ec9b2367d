//! A resource that exists.

use serde_json::{Map, Value};

/// A resource of a stack, from the moment at which it exists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MadeResource {
    /// The physical id, which `Ref` returns.
    pub physical: String,
    /// What `Fn::GetAtt` returns, by name.
    pub attributes: Map<String, Value>,
    /// Its resolved properties, the stack's tags among them; the engine fills them in.
    pub properties: Value,
}

impl MadeResource {
    /// A resource with these attributes.
    pub fn new<const N: usize>(physical: impl Into<String>, attributes: [(&str, Value); N]) -> Self {
        Self {
            physical: physical.into(),
            attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            properties: Value::Null,
        }
    }

    /// What `Fn::GetAtt` answers: an attribute, or a property that the resource was given. Parts of a name are separated by dots.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.attributes.get(name) {
            return Some(value.clone());
        }
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let inner = |value: &Value| Some(rest.split('.').try_fold(value, |value, part| value.get(part))?.clone());
        if let Some(outer) = self.attributes.get(first) {
            return inner(outer);
        }
        // Of a custom resource only what its provider answers.
        if self.properties.get("ServiceToken").is_some() {
            return None;
        }
        name.split('.').try_fold(&self.properties, |value, part| value.get(part)).cloned()
    }
}
