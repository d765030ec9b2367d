//! `AWS::Events::Rule`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, changed, document, pick, policy,
    tag_list, text,
};
use serde_json::{Value, json};

pub(super) struct Rule;

#[async_trait]
impl ResourceProvider for Rule {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Description",
                    "EventBusName",
                    "EventPattern",
                    "Name",
                    "RoleArn",
                    "ScheduleExpression",
                    "State",
                    "Tags",
                    "Targets",
                ],
                naming: Some("Name"),
                members: &[(
                    "Targets",
                    &[
                        "Arn",
                        "DeadLetterConfig",
                        "DeadLetterConfig.Arn",
                        "Id",
                        "Input",
                        "InputPath",
                        "InputTransformer",
                        "InputTransformer.InputPathsMap.*",
                        "InputTransformer.InputPathsMap",
                        "InputTransformer.InputTemplate",
                        "KinesisParameters",
                        "KinesisParameters.PartitionKeyPath",
                        "RetryPolicy",
                        "RetryPolicy.MaximumEventAgeInSeconds",
                        "RetryPolicy.MaximumRetryAttempts",
                        "RoleArn",
                        "RunCommandParameters",
                        "RunCommandParameters.RunCommandTargets",
                        "RunCommandParameters.RunCommandTargets.Key",
                        "RunCommandParameters.RunCommandTargets.Values",
                        "SqsParameters",
                        "SqsParameters.MessageGroupId",
                    ],
                )],
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::Events::Rule")
            }
        }
    }

    /// The schema lacks what the documentation has: a rule cannot move to another bus.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        (property == "EventBusName").then_some(true)
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 64);
        let mut input = rule(&name, properties);
        input["Tags"] = tag_list(properties, "Key", "Value");
        let answer = context.make("events", "PutRule", input).await?;
        let physical = physical(properties, &name);
        context.exists(&physical);
        change_targets(context, &name, &Value::Null, properties).await?;
        Ok(MadeResource::new(physical, [("Arn", text(&answer, "/RuleArn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (rule_name(&old.physical), &old.properties);
        let own = ["Description", "ScheduleExpression", "EventPattern", "State", "RoleArn"];
        if own.into_iter().any(|property| changed(before, properties, property).is_some()) {
            // Putting a rule replaces all of it but its targets and tags.
            context.make("events", "PutRule", rule(name, properties)).await?;
        }
        change_targets(context, name, before, properties).await?;
        let arn = old.attributes.get("Arn").and_then(Value::as_str).unwrap_or_default();
        TagChange::between(before, properties).apply(context, "events", ("ResourceARN", arn)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let (name, bus) = (rule_name(&made.physical), made.physical.rsplit_once('|').map(|(bus, _)| bus));
        let rule = context.read("events", "DescribeRule", json!({"Name": name, "EventBusName": bus}), "").await?;
        let mut found = pick(&rule, &["Arn", "Description", "EventBusName", "Name", "RoleArn", "ScheduleExpression", "State"]);
        // A template may give the ARN of the bus.
        let given = text(&made.properties, "/EventBusName");
        if given.rsplit('/').next() == rule.get("EventBusName").and_then(Value::as_str) {
            found["EventBusName"] = given.into();
        }
        found["EventPattern"] = document(rule.get("EventPattern"));
        let targets = json!({"Rule": name, "EventBusName": bus});
        found["Targets"] = context.read_part("events", "ListTargetsByRule", targets, "/Targets").await?;
        let tags = json!({"ResourceARN": rule.get("Arn")});
        found["Tags"] = context.read_part("events", "ListTagsForResource", tags, "/Tags").await?;
        Ok(found)
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        let (_, path) = identifier.get("Arn")?.as_str()?.split_once(":rule/")?;
        Some(path.replacen('/', "|", 1))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let bus = made.properties.get("EventBusName");
        let ids: Vec<Value> = targets(&made.properties).iter().filter_map(|target| target.get("Id").cloned()).collect();
        if !ids.is_empty() {
            let input = json!({"Rule": rule_name(&made.physical), "EventBusName": bus, "Ids": ids});
            context.unmake("events", "RemoveTargets", input).await?;
        }
        context.unmake("events", "DeleteRule", json!({"Name": rule_name(&made.physical), "EventBusName": bus})).await
    }
}

/// What `Ref` returns: the name, after that of a bus which is not the default one.
fn physical(properties: &Value, name: &str) -> String {
    match properties.get("EventBusName").and_then(Value::as_str).and_then(|bus| bus.rsplit('/').next()) {
        Some(bus) if bus != "default" => format!("{bus}|{name}"),
        _ => name.to_owned(),
    }
}

fn rule_name(physical: &str) -> &str {
    physical.rsplit('|').next().unwrap_or(physical)
}

/// The input of `PutRule`, without tags.
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
    let put: Vec<Value> = after.into_iter().filter(|target| !before.contains(target)).collect();
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
