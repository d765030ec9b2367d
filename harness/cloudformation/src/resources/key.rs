//! `AWS::KMS::Key` and `AWS::KMS::Alias`

use nightproof_core::default_policy;
use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, pick, policy, text, typed};
use super::tag;
use crate::stack::MadeResource;

const INTEGERS: &[&str] = &["PendingWindowInDays"];
const BOOLEANS: &[&str] = &["EnableKeyRotation", "Enabled", "MultiRegion"];

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(properties, INTEGERS, BOOLEANS);
    if kind == "AWS::KMS::Alias" {
        context.make("kms", "CreateAlias", pick(properties, &["AliasName", "TargetKeyId"])).await?;
        let name = text(properties, "/AliasName");
        context.exists(&name);
        return Ok(made(name, []));
    }
    let mut input = pick(properties, &["Description", "KeySpec", "KeyUsage", "MultiRegion"]);
    input["Policy"] = properties.get("KeyPolicy").map(policy).unwrap_or_default();
    input["Tags"] = tag::list(properties, "TagKey", "TagValue");
    let answer = context.make("kms", "CreateKey", input).await?;
    let id = text(&answer, "/KeyMetadata/KeyId");
    context.exists(&id);
    if properties.get("EnableKeyRotation") == Some(&Value::Bool(true)) {
        context.make("kms", "EnableKeyRotation", json!({"KeyId": id})).await?;
    }
    if properties.get("Enabled") == Some(&Value::Bool(false)) {
        context.make("kms", "DisableKey", json!({"KeyId": id})).await?;
    }
    Ok(made(&id, [("KeyId", id.as_str().into()), ("Arn", text(&answer, "/KeyMetadata/Arn").into())]))
}

/// A key's kind cannot be changed at all: were it replaced, what it encrypts could not be read any more.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>
pub(super) const FIXED: [&str; 3] = ["KeySpec", "KeyUsage", "MultiRegion"];

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (id, properties) = (&old.physical, &typed(properties, INTEGERS, BOOLEANS));
    let before = &typed(&old.properties, INTEGERS, BOOLEANS);
    if kind == "AWS::KMS::Alias" {
        context.make("kms", "UpdateAlias", pick(properties, &["AliasName", "TargetKeyId"])).await?;
        return Ok(old.clone());
    }
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
    let tags = tag::Changed::between(before, properties);
    if let Some(keys) = tags.removed() {
        context.make("kms", "UntagResource", json!({"KeyId": id, "TagKeys": keys})).await?;
    }
    if let Some(tags) = tags.set("TagKey", "TagValue") {
        context.make("kms", "TagResource", json!({"KeyId": id, "Tags": tags})).await?;
    }
    if enabled == Some(false) {
        context.make("kms", "DisableKey", json!({"KeyId": id})).await?;
    }
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let id = &made.physical;
    if kind == "AWS::KMS::Alias" {
        return context.unmake("kms", "DeleteAlias", json!({"AliasName": id})).await;
    }
    let days = typed(&made.properties, INTEGERS, &[]).get("PendingWindowInDays").cloned().unwrap_or_else(|| 30.into());
    context.unmake("kms", "ScheduleKeyDeletion", json!({"KeyId": id, "PendingWindowInDays": days})).await
}
