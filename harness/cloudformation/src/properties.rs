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
    let own = tags.len();
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
        false => {
            let given = properties.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default();
            let inherited =
                tags.into_iter().skip(own).map(|(key, value)| match schema.has_property(&["Tags", "PropagateAtLaunch"]) {
                    // The instances of a group have the tags of its stack.
                    true => json!({"Key": key, "Value": value, "PropagateAtLaunch": true}),
                    false => json!({"Key": key, "Value": value}),
                });
            given.into_iter().chain(inherited).collect()
        }
    };
    if let Some(members) = properties.as_object_mut() {
        members.insert("Tags".to_owned(), tags);
    }
    properties
}
