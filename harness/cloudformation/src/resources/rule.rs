//! `AWS::Events::Rule`

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, pick, policy, text};
use super::difference::same;
use super::tag;
use crate::stack::MadeResource;

pub(super) async fn create(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "Name", 64);
    let mut input = rule(&name, properties);
    input["Tags"] = tag::list(properties, "Key", "Value");
    let answer = context.make("events", "PutRule", input).await?;
    context.exists(&name);
    change_targets(context, &name, &Value::Null, properties).await?;
    Ok(made(name, [("Arn", text(&answer, "/RuleArn").into())]))
}

fn rule(name: &str, properties: &Value) -> Value {
    let mut input = pick(properties, &["Description", "ScheduleExpression", "State", "RoleArn", "EventBusName"]);
    input["Name"] = name.into();
    if let Some(pattern) = properties.get("EventPattern") {
        input["EventPattern"] = policy(pattern);
    }
    input
}

fn targets(properties: &Value) -> Vec<Value> {
    properties.get("Targets").and_then(Value::as_array).cloned().unwrap_or_default()
}

async fn change_targets(context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
    let (before, after) = (targets(old), targets(new));
    let has = |targets: &[Value], one: &Value| targets.iter().any(|other| other.get("Id") == one.get("Id"));
    let gone: Vec<Value> =
        before.iter().filter(|target| !has(&after, target)).filter_map(|target| target.get("Id").cloned()).collect();
    if !gone.is_empty() {
        let input = json!({"Rule": name, "EventBusName": old.get("EventBusName"), "Ids": gone});
        context.unmake("events", "RemoveTargets", input).await?;
    }
    let put: Vec<Value> = after.into_iter().filter(|target| !before.iter().any(|other| same(other, target))).collect();
    if put.is_empty() {
        return Ok(());
    }
    let input = json!({"Rule": name, "EventBusName": new.get("EventBusName"), "Targets": put});
    let answer = context.make("events", "PutTargets", input).await?;
    match answer.pointer("/FailedEntries/0") {
        Some(entry) => Err(format!("{} (Service: events, Code: {})", text(entry, "/ErrorMessage"), text(entry, "/ErrorCode"))),
        None => Ok(()),
    }
}

pub(super) async fn update(context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (name, before) = (&old.physical, &old.properties);
    let own = ["Description", "ScheduleExpression", "EventPattern", "State", "RoleArn"];
    if own.into_iter().any(|property| changed(before, properties, property).is_some()) {
        // Putting a rule replaces all of it but its targets and tags.
        context.make("events", "PutRule", rule(name, properties)).await?;
    }
    change_targets(context, name, before, properties).await?;
    let arn = old.attributes.get("Arn").and_then(Value::as_str).unwrap_or_default();
    tag::Changed::between(before, properties).carry_out(context, "events", ("ResourceARN", arn)).await?;
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, made: &MadeResource) -> Result<()> {
    let bus = made.properties.get("EventBusName");
    let ids: Vec<Value> = targets(&made.properties).iter().filter_map(|target| target.get("Id").cloned()).collect();
    if !ids.is_empty() {
        let input = json!({"Rule": made.physical, "EventBusName": bus, "Ids": ids});
        context.unmake("events", "RemoveTargets", input).await?;
    }
    context.unmake("events", "DeleteRule", json!({"Name": made.physical, "EventBusName": bus})).await
}
