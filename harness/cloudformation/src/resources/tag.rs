//! Tags: a stack's reach all its resources that can have some, and CloudFormation adds its own.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>

use serde_json::{Map, Value, json};

use super::super::worker::Worker;
use super::context::Context;
use super::types::{self, Tags};

/// Properties with all tags that the resource is to have. Where a resource gives a tag of the stack another value, its own wins.
pub(in super::super) fn with_tags(
    kind: &str,
    mut properties: Value,
    stack: &[(String, String)],
    worker: &Worker,
    logical: &str,
) -> Value {
    let form = types::tags(kind);
    let Some(members) = properties.as_object_mut() else { return properties };
    if form == Tags::None {
        return properties;
    }
    let mut tags = match members.get("Tags") {
        None => Vec::new(),
        Some(own) => read(own),
    };
    let mut inherit = |key: &str, value: &str| {
        if tags.iter().all(|(existing, _)| existing != key) {
            tags.push((key.to_owned(), value.into()));
        }
    };
    stack.iter().for_each(|(key, value)| inherit(key, value));
    if form != Tags::Inherited {
        inherit("aws:cloudformation:stack-name", &worker.name);
        inherit("aws:cloudformation:stack-id", &worker.id);
        inherit("aws:cloudformation:logical-id", logical);
    }
    if tags.is_empty() {
        return properties;
    }
    let tags = match form {
        Tags::Map => Value::Object(tags.into_iter().collect()),
        _ => tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect(),
    };
    members.insert("Tags".to_owned(), tags);
    properties
}

/// Keys and values, of a list or a map; values are texts, however the template spells them.
fn read(tags: &Value) -> Vec<(String, Value)> {
    let as_text = |value: &Value| match value {
        Value::Number(_) | Value::Bool(_) => value.to_string().into(),
        other => other.clone(),
    };
    match tags {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), as_text(value))).collect(),
        other => {
            let listed = other.as_array().into_iter().flatten();
            let pair =
                |tag: &Value| Some((tag.get("Key")?.as_str()?.to_owned(), as_text(tag.get("Value").unwrap_or(&Value::Null))));
            listed.filter_map(pair).collect()
        }
    }
}

/// The tags of a resource as a map; null if there are none.
pub(super) fn map(properties: &Value) -> Value {
    let tags = properties.get("Tags").map(read).unwrap_or_default();
    if tags.is_empty() { Value::Null } else { Value::Object(tags.into_iter().collect()) }
}

/// The tags of a resource as a list whose members have these names; null if there are none.
pub(super) fn list(properties: &Value, key: &str, value: &str) -> Value {
    named(properties.get("Tags").map(read).unwrap_or_default(), key, value)
}

fn named(tags: Vec<(String, Value)>, key: &str, value: &str) -> Value {
    let pair = |(name, text): (String, Value)| {
        let mut pair = Map::new();
        pair.insert(key.to_owned(), name.into());
        pair.insert(value.to_owned(), text);
        Value::Object(pair)
    };
    if tags.is_empty() { Value::Null } else { tags.into_iter().map(pair).collect() }
}

/// Which tags are to be set, and the keys of those to be removed.
pub(super) struct Changed {
    set: Vec<(String, Value)>,
    removed: Vec<String>,
}

impl Changed {
    pub(super) fn between(old: &Value, new: &Value) -> Self {
        let of = |properties: &Value| properties.get("Tags").map(read).unwrap_or_default();
        let (old, new) = (of(old), of(new));
        let removed = old.iter().map(|(key, _)| key).filter(|key| new.iter().all(|(kept, _)| kept != *key)).cloned().collect();
        let set = new.into_iter().filter(|tag| !old.contains(tag)).collect();
        Self { set, removed }
    }

    /// Those to be set, as a list whose members have these names.
    pub(super) fn set(&self, key: &str, value: &str) -> Option<Value> {
        (!self.set.is_empty()).then(|| named(self.set.clone(), key, value))
    }

    /// Those to be set, as a map.
    pub(super) fn set_map(&self) -> Option<Value> {
        (!self.set.is_empty()).then(|| Value::Object(self.set.iter().cloned().collect()))
    }

    /// Keys of those to be removed.
    pub(super) fn removed(&self) -> Option<Value> {
        (!self.removed.is_empty()).then(|| self.removed.clone().into())
    }

    /// Has it done by `UntagResource` and `TagResource` of a service that knows the resource by `member`, its ARN.
    pub(super) async fn carry_out(&self, context: &Context, service: &str, (member, arn): (&str, &str)) -> super::Result<()> {
        if let Some(keys) = self.removed() {
            context.make(service, "UntagResource", json!({ member: arn, "TagKeys": keys })).await?;
        }
        if let Some(tags) = self.set("Key", "Value") {
            context.make(service, "TagResource", json!({ member: arn, "Tags": tags })).await?;
        }
        Ok(())
    }
}
