//! Tags of a resource. <https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/what-are-tags.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Tags by key. As JSON they are a map; [`Tags::list`] is the other form that services have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Keys and values, by key: what authorization and tag searches read.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.0.clone().into_iter().collect()
    }

    /// Objects of `Key` and `Value`, by key.
    pub fn list(&self) -> Vec<Value> {
        self.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }

    /// Removes the tags of these keys. A key that is not there is ignored.
    pub fn remove(&mut self, keys: &[impl AsRef<str>]) {
        self.0.retain(|key, _| !keys.iter().any(|one| one.as_ref() == key));
    }
}

/// Sets tags: the value of a key that is there is replaced.
impl Extend<(String, String)> for Tags {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, tags: I) {
        self.0.extend(tags);
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_set_listed_and_removed_by_key() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut tags: Tags = [pair("b", "1"), pair("a", "2")].into_iter().collect();
        tags.extend([pair("b", "3"), pair("c", "")]);
        assert_eq!(tags.pairs(), [pair("a", "2"), pair("b", "3"), pair("c", "")]);
        tags.remove(&["a", "z"]);
        assert_eq!(tags.list(), [json!({ "Key": "b", "Value": "3" }), json!({ "Key": "c", "Value": "" })]);
        assert_eq!((tags.get("b"), tags.get("a"), tags.len(), tags.is_empty()), (Some("3"), None, 2, false));
        assert_eq!(json!(tags), json!({ "b": "3", "c": "" }));
    }
}
