//! Tags of this service's resources.

use nightproof_resource::{Context, Result, TagChange};
use serde_json::{Value, json};

/// Changes the tags of a resource of type `kind`: `Document` or `Parameter`.
pub(super) async fn change_tags(context: &Context, kind: &str, id: &str, old: &Value, new: &Value) -> Result<()> {
    let tags = TagChange::between(old, new);
    if let Some(keys) = tags.removed() {
        let input = json!({"ResourceType": kind, "ResourceId": id, "TagKeys": keys});
        context.make("ssm", "RemoveTagsFromResource", input).await?;
    }
    if let Some(tags) = tags.set_list("Key", "Value") {
        context.make("ssm", "AddTagsToResource", json!({"ResourceType": kind, "ResourceId": id, "Tags": tags})).await?;
    }
    Ok(())
}
