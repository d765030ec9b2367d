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
}
