//! `AWS::CloudWatch::Alarm`

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, made};
use super::tag;
use crate::stack::MadeResource;

/// What PutMetricAlarm takes: the properties as they are, but for tags.
fn alarm(name: &str, properties: &Value) -> Value {
    let mut input = properties.clone();
    if let Some(members) = input.as_object_mut() {
        members.remove("Tags");
        members.insert("AlarmName".to_owned(), name.into());
        // However it is spelt, the same threshold is the same alarm.
        let number = |given: &Value| given.as_f64().or_else(|| given.as_str()?.parse().ok());
        if let Some(threshold) = members.get("Threshold").and_then(number) {
            members.insert("Threshold".to_owned(), threshold.into());
        }
    }
    input
}

pub(super) async fn create(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "AlarmName", 255);
    let mut input = alarm(&name, properties);
    if let Some(members) = input.as_object_mut() {
        members.insert("Tags".to_owned(), tag::list(properties, "Key", "Value"));
    }
    context.make("monitoring", "PutMetricAlarm", input).await?;
    context.exists(&name);
    Ok(made(name.as_str(), [("Arn", arn(context, &name).into())]))
}

fn arn(context: &Context, name: &str) -> String {
    format!("arn:aws:cloudwatch:{}:{}:alarm:{name}", context.region(), context.account())
}

pub(super) async fn update(context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (name, before) = (&old.physical, &old.properties);
    let input = alarm(name, properties);
    if alarm(name, before) != input {
        // Putting an alarm replaces all of it but its tags and state.
        context.make("monitoring", "PutMetricAlarm", input).await?;
    }
    tag::Changed::between(before, properties).carry_out(context, "monitoring", ("ResourceARN", &arn(context, name))).await?;
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, made: &MadeResource) -> Result<()> {
    context.unmake("monitoring", "DeleteAlarms", json!({ "AlarmNames": [made.physical] })).await
}
