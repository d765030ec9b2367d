//! Tags in properties, and what an update changes of them. Services take lists whose members have different names, or maps.

use serde_json::{Map, Value, json};

use crate::{Context, Result};

/// Keys and values of the property `Tags`, which is a list or a map.
pub fn tag_pairs(properties: &Value) -> Vec<(String, Value)> {
    match properties.get("Tags") {
        Some(Value::Object(map)) => map.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        Some(Value::Array(list)) => {
            let pair = |tag: &Value| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value").cloned().unwrap_or_default()));
            list.iter().filter_map(pair).collect()
        }
        _ => Vec::new(),
    }
}

/// The tags of a resource as a map; null if there are none.
pub fn tag_map(properties: &Value) -> Value {
    let tags = tag_pairs(properties);
    if tags.is_empty() { Value::Null } else { Value::Object(tags.into_iter().collect()) }
}

/// The tags of a resource as a list whose members have these names; null if there are none.
pub fn tag_list(properties: &Value, key: &str, value: &str) -> Value {
    let tags = tag_pairs(properties);
    if tags.is_empty() { Value::Null } else { list(tags, key, value) }
}

fn list(tags: Vec<(String, Value)>, key: &str, value: &str) -> Value {
    let pair = |(name, text): (String, Value)| {
        let mut pair = Map::new();
        pair.insert(key.to_owned(), name.into());
        pair.insert(value.to_owned(), text);
        Value::Object(pair)
    };
    tags.into_iter().map(pair).collect()
}

/// The tags that an update sets, and the keys of those that it removes.
pub struct TagChange {
    set: Vec<(String, Value)>,
    removed: Vec<String>,
}

impl TagChange {
    /// From the properties before and after.
    pub fn between(old: &Value, new: &Value) -> Self {
        let (old, new) = (tag_pairs(old), tag_pairs(new));
        let removed = old.iter().map(|(key, _)| key).filter(|key| new.iter().all(|(kept, _)| kept != *key)).cloned().collect();
        let set = new.into_iter().filter(|tag| !old.contains(tag)).collect();
        Self { set, removed }
    }

    /// Those to be set, as a list whose members have these names; `None` if there are none.
    pub fn set_list(&self, key: &str, value: &str) -> Option<Value> {
        (!self.set.is_empty()).then(|| list(self.set.clone(), key, value))
    }

    /// Those to be set, as a map; `None` if there are none.
    pub fn set_map(&self) -> Option<Value> {
        (!self.set.is_empty()).then(|| Value::Object(self.set.iter().cloned().collect()))
    }

    /// Keys of those to be removed; `None` if there are none.
    pub fn removed(&self) -> Option<Value> {
        (!self.removed.is_empty()).then(|| self.removed.clone().into())
    }

    /// Calls `UntagResource` and `TagResource` of a service that takes lists, and the resource's ARN as `member`.
    ///
    /// # Errors
    /// The service refused.
    pub async fn apply(&self, context: &Context, service: &str, (member, arn): (&str, &str)) -> Result<()> {
        if let Some(keys) = self.removed() {
            context.make(service, "UntagResource", json!({ member: arn, "TagKeys": keys })).await?;
        }
        if let Some(tags) = self.set_list("Key", "Value") {
            context.make(service, "TagResource", json!({ member: arn, "Tags": tags })).await?;
        }
        Ok(())
    }
}
