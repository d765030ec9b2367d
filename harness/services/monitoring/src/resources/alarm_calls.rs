//! What metric and composite alarms have in common: all of an alarm but its tags and state is put at once.

use nightproof_resource::{Context, MadeResource, Reading, Result, TagChange, tag_list};
use serde_json::{Value, json};

/// Puts a new alarm by `operation`.
pub(super) async fn create(context: &Context, operation: &str, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "AlarmName", 255);
    let mut input = alarm(&name, properties);
    input["Tags"] = tag_list(properties, "Key", "Value");
    context.make("monitoring", operation, input).await?;
    context.exists(&name);
    Ok(MadeResource::new(name.as_str(), [("Arn", arn(context, &name).into())]))
}

/// Puts an alarm again by `operation` if anything but its tags changes.
pub(super) async fn update(context: &Context, operation: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (name, before) = (&old.physical, &old.properties);
    let input = alarm(name, properties);
    if alarm(name, before) != input {
        // Putting an alarm replaces all of it but its tags and state.
        context.make("monitoring", operation, input).await?;
    }
    TagChange::between(before, properties).apply(context, "monitoring", ("ResourceARN", &arn(context, name))).await?;
    Ok(old.clone())
}

/// Reads an alarm, which `DescribeAlarms` has in the list `member`.
pub(super) async fn read(context: &Context, kind: &str, member: &str, made: &MadeResource) -> Reading {
    let input = json!({ "AlarmNames": [made.physical], "AlarmTypes": [kind] });
    let mut found = context.read("monitoring", "DescribeAlarms", input, &format!("/{member}/0")).await?;
    found["Arn"] = found.get("AlarmArn").cloned().unwrap_or_default();
    let tags = json!({ "ResourceARN": arn(context, &made.physical) });
    found["Tags"] = context.read_part("monitoring", "ListTagsForResource", tags, "/Tags").await?;
    Ok(found)
}

pub(super) async fn delete(context: &Context, made: &MadeResource) -> Result<()> {
    context.unmake("monitoring", "DeleteAlarms", json!({ "AlarmNames": [made.physical] })).await
}

/// The input of the operation: the properties as they are, without tags.
fn alarm(name: &str, properties: &Value) -> Value {
    let mut input = properties.clone();
    input["Tags"] = Value::Null;
    input["AlarmName"] = name.into();
    input
}

fn arn(context: &Context, name: &str) -> String {
    context.arn("cloudwatch", format!("alarm:{name}"))
}
