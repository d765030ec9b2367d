//! A document that is written out when somebody reads it.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A JSON document, made of what it tells when it is first read: most of what a journal keeps in memory never is. Clones share it.
#[derive(Clone)]
pub struct Later(Arc<LazyLock<Value, Box<dyn FnOnce() -> Value + Send>>>);

impl Later {
    /// The document that `what` serializes to; `null` if it cannot be JSON.
    pub fn of(what: impl Serialize + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(move || serde_json::to_value(what).unwrap_or_default()))))
    }
}

impl Deref for Later {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for Later {
    fn from(value: Value) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(move || value))))
    }
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Serialize for Later {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Later {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_made_and_what_was_read_are_the_same_document() {
        let made = Later::of(json!({"effect": "Allow"}));
        let text = serde_json::to_string(&made).unwrap();
        let read: Later = serde_json::from_str(&text).unwrap();
        assert_eq!((text.as_str(), &read), (r#"{"effect":"Allow"}"#, &made));
        assert_eq!((read["effect"].as_str(), made.clone()["effect"].as_str()), (Some("Allow"), Some("Allow")));
        assert_ne!(made, Later::from(Value::Null));
    }
}
