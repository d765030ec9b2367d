//! Tags of this service's resources.

use nightproof_resource::{Context, Result, TagChange};
use serde_json::{Value, json};

/// The tags of a resource for a create call; null if there are none.
pub(super) fn tag_specification(kind: &str, properties: &Value) -> Value {
    match properties.get("Tags") {
        Some(tags) => json!([{"ResourceType": kind, "Tags": tags}]),
        None => Value::Null,
    }
}

/// Changes the tags of a resource.
pub(super) async fn change_tags(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    let tags = TagChange::between(old, new);
    if let Some(keys) = tags.removed() {
        let keys: Vec<Value> = keys.as_array().into_iter().flatten().map(|key| json!({"Key": key})).collect();
        context.make("ec2", "DeleteTags", json!({"Resources": [id], "Tags": keys})).await?;
    }
    if let Some(tags) = tags.set_list("Key", "Value") {
        context.make("ec2", "CreateTags", json!({"Resources": [id], "Tags": tags})).await?;
    }
    Ok(())
}
