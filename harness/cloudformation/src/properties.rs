//! The properties that a resource is made with: in the types of its schema, and with all its tags. A stack's tags reach all its resources
//! that can have some, and CloudFormation adds its own.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>

use nightproof_resource::tag_pairs;
use serde_json::{Value, json};

use crate::resource_type::ResourceType;
use crate::worker::Worker;

/// Completes properties whose functions are resolved. Where a resource gives a tag of the stack another value, its own wins.
pub(crate) fn complete(
    resource_type: &ResourceType,
    properties: Value,
    stack_tags: &[(String, String)],
    worker: &Worker,
    logical_id: &str,
) -> Value {
    let mut properties = resource_type.coerced(properties);
    let facts = resource_type.provider.facts();
    let (Some(schema), true) = (resource_type.schema(), facts.supports(&["Tags"]) && !facts.is_open) else {
        return properties;
    };
    let mut tags = tag_pairs(&properties);
    let mut inherit = |key: &str, value: &str| {
        if tags.iter().all(|(existing, _)| existing != key) {
            tags.push((key.to_owned(), value.into()));
        }
    };
    stack_tags.iter().for_each(|(key, value)| inherit(key, value));
    if schema.has_system_tags() {
        inherit("aws:cloudformation:stack-name", &worker.name);
        inherit("aws:cloudformation:stack-id", &worker.id);
        inherit("aws:cloudformation:logical-id", logical_id);
    }
    if tags.is_empty() {
        return properties;
    }
    let tags = match schema.is_map(&["Tags"]) {
        true => Value::Object(tags.into_iter().collect()),
        false => tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect(),
    };
    if let Some(members) = properties.as_object_mut() {
        members.insert("Tags".to_owned(), tags);
    }
    properties
}
