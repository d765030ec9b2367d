//! `AWS::KMS::Key`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>

use async_trait::async_trait;
use nightproof_core::default_policy;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, Unread, changed, document, items, pick,
    policy, tag_list, text,
};
use serde_json::{Value, json};

/// Properties that cannot be changed at all: were the key replaced, what it encrypts could not be read any more.
const FIXED: [&str; 3] = ["KeySpec", "KeyUsage", "MultiRegion"];

pub(super) struct Key;

#[async_trait]
impl ResourceProvider for Key {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Description",
                    "EnableKeyRotation",
                    "Enabled",
                    "KeyPolicy",
                    "KeySpec",
                    "KeyUsage",
                    "MultiRegion",
                    "PendingWindowInDays",
                    "Tags",
                ],
                attributes: &["Arn", "KeyId"],
                ..ResourceFacts::new("AWS::KMS::Key")
            }
        }
    }

    fn refuses_change(&self, property: &str) -> Option<String> {
        let reason = || format!("The property {property} of a KMS key cannot be changed once the key is made");
        FIXED.contains(&property).then(reason)
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &["Description", "KeySpec", "KeyUsage", "MultiRegion"]);
        input["Policy"] = properties.get("KeyPolicy").map(policy).unwrap_or_default();
        input["Tags"] = tag_list(properties, "TagKey", "TagValue");
        let answer = context.make("kms", "CreateKey", input).await?;
        let id = text(&answer, "/KeyMetadata/KeyId");
        context.exists(&id);
        if properties.get("EnableKeyRotation") == Some(&Value::Bool(true)) {
            context.make("kms", "EnableKeyRotation", json!({"KeyId": id})).await?;
        }
        if properties.get("Enabled") == Some(&Value::Bool(false)) {
            context.make("kms", "DisableKey", json!({"KeyId": id})).await?;
        }
        Ok(MadeResource::new(&id, [("KeyId", id.as_str().into()), ("Arn", text(&answer, "/KeyMetadata/Arn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (id, before) = (&old.physical, &old.properties);
        let enabled = changed(before, properties, "Enabled").map(|(_, on)| on.as_bool().unwrap_or(true));
        // A key that is disabled can neither be described anew nor rotated: first on, or last off.
        if enabled == Some(true) {
            context.make("kms", "EnableKey", json!({"KeyId": id})).await?;
        }
        if let Some((_, document)) = changed(before, properties, "KeyPolicy") {
            let document = if document.is_null() { default_policy::key(context.account()) } else { document.clone() };
            let input = json!({"KeyId": id, "PolicyName": "default", "Policy": policy(&document)});
            context.make("kms", "PutKeyPolicy", input).await?;
        }
        if let Some((_, description)) = changed(before, properties, "Description") {
            let input = json!({"KeyId": id, "Description": description.as_str().unwrap_or_default()});
            context.make("kms", "UpdateKeyDescription", input).await?;
        }
        if let Some((_, rotation)) = changed(before, properties, "EnableKeyRotation") {
            let operation = if rotation.as_bool() == Some(true) { "EnableKeyRotation" } else { "DisableKeyRotation" };
            context.make("kms", operation, json!({"KeyId": id})).await?;
        }
        let tags = TagChange::between(before, properties);
        if let Some(keys) = tags.removed() {
            context.make("kms", "UntagResource", json!({"KeyId": id, "TagKeys": keys})).await?;
        }
        if let Some(tags) = tags.set_list("TagKey", "TagValue") {
            context.make("kms", "TagResource", json!({"KeyId": id, "Tags": tags})).await?;
        }
        if enabled == Some(false) {
            context.make("kms", "DisableKey", json!({"KeyId": id})).await?;
        }
        Ok(old.clone())
    }

    /// A key that waits for its deletion is gone.
    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"KeyId": made.physical});
        let key = context.read("kms", "DescribeKey", input.clone(), "/KeyMetadata").await?;
        if key.get("KeyState").and_then(Value::as_str) == Some("PendingDeletion") {
            return Err(Unread::Gone);
        }
        let mut found = pick(&key, &["Arn", "Description", "Enabled", "KeyId", "KeySpec", "KeyUsage", "MultiRegion"]);
        let policy =
            context.read("kms", "GetKeyPolicy", json!({"KeyId": made.physical, "PolicyName": "default"}), "/Policy").await?;
        found["KeyPolicy"] = document(Some(&policy));
        found["EnableKeyRotation"] = context.read("kms", "GetKeyRotationStatus", input.clone(), "/KeyRotationEnabled").await?;
        let tags = context.read_part("kms", "ListResourceTags", input, "/Tags").await?;
        found["Tags"] = items(&tags, "", |tag| json!({"Key": tag.get("TagKey"), "Value": tag.get("TagValue")}));
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let days = made.properties.get("PendingWindowInDays").cloned().unwrap_or_else(|| 30.into());
        context.unmake("kms", "ScheduleKeyDeletion", json!({"KeyId": made.physical, "PendingWindowInDays": days})).await
    }
}
