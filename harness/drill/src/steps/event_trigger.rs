//! Events that start a backup: found by the patterns of rules, by the notifications of buckets and by the actions of alarms, and tried on what the
//! stack has.

use nightproof_wire::arn;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::chain::failure::{HopFailure, at};
use crate::steps::event_sample::{self, Hook, KEY, Place};
use crate::steps::occurrence::{Cause, Messenger, Occurrence};
use crate::steps::rule::{Rule, Starts};
use crate::{Hop, Plan};

const BUCKET: &str = "AWS::S3::Bucket";
const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";
const ALARM: &str = "AWS::CloudWatch::Alarm";

/// What of the stack can be caused that a rule with this pattern waits for; the first of its kind. If there is none, why not.
pub(crate) async fn of_pattern(
    client: &DynamicClient,
    place: Place<'_>,
    resources: &Resources,
    (rule, pattern): (&str, &str),
) -> Result<Result<Cause, String>, HopFailure> {
    let read: Value = serde_json::from_str(pattern).unwrap_or_default();
    let mut samples = Vec::new();
    let wants = |source: &str| {
        let sources = read.get("source").and_then(Value::as_array);
        sources.is_none_or(|sources| sources.iter().any(|one| !one.is_string() || one.as_str() == Some(source)))
    };
    if wants("aws.s3") {
        let keys = event_sample::keys(&read);
        for bucket in resources.ids(BUCKET) {
            samples.extend(keys.iter().map(|key| place.object_created(&bucket, key)));
        }
    }
    if wants("aws.cloudwatch") {
        for alarm in resources.ids(ALARM) {
            samples.push(place.alarm_raised(&alarm));
        }
    }
    if wants("aws.autoscaling") {
        for group in resources.ids(GROUP) {
            let (arn, hooks) = (group_arn(client, &group).await?, hooks(client, &group).await?);
            samples.extend(place.of_group(&group, &arn, &hooks));
        }
    }
    for (occurrence, event) in &samples {
        let input = json!({ "EventPattern": pattern, "Event": event.to_string() });
        let tried = client.ask("events", "TestEventPattern", &input).await.map_err(at(Hop::Rule, "TestEventPattern"))?;
        if tried.get("Result") == Some(&Value::Bool(true)) {
            return Ok(Ok(Cause { occurrence: occurrence.clone(), messenger: Messenger::Rule(rule.to_owned()) }));
        }
    }
    let mut tried: Vec<String> = samples.iter().map(|(occurrence, _)| occurrence.to_string()).collect();
    tried.dedup();
    Ok(Err(match tried.as_slice() {
        [] => format!("{rule} waits for events that no drill causes: {pattern}"),
        tried => format!("{rule} waits for none of what the stack can be made to do ({}): {pattern}", tried.join(", ")),
    }))
}

async fn group_arn(client: &DynamicClient, group: &str) -> Result<String, HopFailure> {
    let input = json!({ "AutoScalingGroupNames": [group] });
    let found = client.ask("autoscaling", "DescribeAutoScalingGroups", &input).await;
    let found = found.map_err(at(Hop::Rule, "DescribeAutoScalingGroups"))?;
    let arn = found.pointer("/AutoScalingGroups/0/AutoScalingGroupARN").and_then(Value::as_str);
    Ok(arn.unwrap_or_default().to_owned())
}

async fn hooks(client: &DynamicClient, group: &str) -> Result<Vec<Hook>, HopFailure> {
    let found = client.ask("autoscaling", "DescribeLifecycleHooks", &json!({ "AutoScalingGroupName": group })).await;
    let found = found.map_err(at(Hop::Rule, "DescribeLifecycleHooks"))?;
    let hooks = found.get("LifecycleHooks").and_then(Value::as_array).into_iter().flatten();
    let text = |hook: &Value, name: &str| hook.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let hooks = hooks.map(|hook| Hook { name: text(hook, "LifecycleHookName"), transition: text(hook, "LifecycleTransition") });
    Ok(hooks.collect())
}

/// Whether a resource may be meant by the plan.
type IsWanted<'a> = &'a (dyn Fn(&str, &crate::account::resources::Resource) -> bool + Sync);

/// What buckets and alarms of the stack start without a rule: a function that they invoke, or that a topic does which they tell. Only a template that has
/// such a thing is looked at.
pub(crate) async fn without_rule(
    client: &DynamicClient,
    plan: &Plan,
    resources: &Resources,
    is_wanted: IsWanted<'_>,
) -> Result<Vec<Rule>, HopFailure> {
    let mut found = Vec::new();
    let by_topic = Mentions::from_template(&plan.template);
    if by_topic.notifications {
        for bucket in resources.of_type(BUCKET).filter(|bucket| is_wanted(&bucket.physical, bucket)) {
            found.extend(of_bucket(client, &bucket.logical, &bucket.physical).await?);
        }
    }
    if by_topic.functions {
        for alarm in resources.of_type(ALARM).filter(|alarm| is_wanted(&alarm.physical, alarm)) {
            found.extend(of_alarm(client, &alarm.logical, &alarm.physical).await?);
        }
    }
    Ok(found)
}

/// What a template has that may start a function without a rule.
struct Mentions {
    /// A bucket tells of what happens in it.
    notifications: bool,
    /// An alarm or a topic reaches a function.
    functions: bool,
}

impl Mentions {
    fn from_template(template: &str) -> Self {
        let notifications = template.contains("NotificationConfiguration");
        let whole = nightproof_template::to_json(template).unwrap_or_default();
        let resources = whole.get("Resources").and_then(Value::as_object);
        let of_type = |kind: &'static str| {
            let all = resources.into_iter().flatten();
            all.filter(move |(_, one)| one.get("Type").and_then(Value::as_str) == Some(kind))
        };
        let is_subscribed = || has_function_protocol(&whole);
        let functions: Vec<String> = of_type("AWS::Lambda::Function")
            .chain(of_type("AWS::Serverless::Function"))
            .chain(of_type("AWS::Lambda::Alias"))
            .map(|(id, _)| id.clone())
            .collect();
        let is_invoked = |alarm: &Value| {
            let actions = alarm.pointer("/Properties/AlarmActions").map(Value::to_string).unwrap_or_default();
            functions.iter().any(|id| actions.contains(id.as_str()))
        };
        let mut alarms = of_type(ALARM).peekable();
        let functions = alarms.peek().is_some() && (is_subscribed() || alarms.any(|(_, alarm)| is_invoked(alarm)));
        Self { notifications, functions }
    }
}

/// Whether a subscription of a function is somewhere in a template.
fn has_function_protocol(document: &Value) -> bool {
    match document {
        Value::Object(members) => {
            members.get("Protocol").and_then(Value::as_str) == Some("lambda") || members.values().any(has_function_protocol)
        }
        Value::Array(items) => items.iter().any(has_function_protocol),
        _ => false,
    }
}

/// Where a bucket sends notifications, and of what.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_NotificationConfiguration.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Notifications {
    topic_configurations: Vec<Notification>,
    lambda_function_configurations: Vec<Notification>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Notification {
    topic_arn: String,
    lambda_function_arn: String,
    events: Vec<String>,
    filter: Value,
}

impl Notification {
    /// A key that it wants, if an object that is put is one of its events.
    fn key(&self) -> Option<String> {
        let is_put = |event: &String| matches!(event.as_str(), "s3:ObjectCreated:*" | "s3:ObjectCreated:Put");
        let rules = self.filter.pointer("/Key/FilterRules").and_then(Value::as_array);
        let part = |name: &str| {
            let is_it = |rule: &&Value| rule.get("Name").and_then(Value::as_str).is_some_and(|is| is.eq_ignore_ascii_case(name));
            let found = rules.into_iter().flatten().find(is_it);
            found.and_then(|rule| rule.get("Value")?.as_str()).unwrap_or_default()
        };
        self.events.iter().any(is_put).then(|| format!("{}{KEY}{}", part("prefix"), part("suffix")))
    }
}

async fn of_bucket(client: &DynamicClient, logical: &str, bucket: &str) -> Result<Vec<Rule>, HopFailure> {
    const OPERATION: &str = "GetBucketNotificationConfiguration";
    let told: Notifications =
        client.read("s3", OPERATION, &json!({ "Bucket": bucket })).await.map_err(at(Hop::Rule, OPERATION))?;
    let mut found = Vec::new();
    let rule = |key: String, starts: Starts, messenger: Messenger| {
        let cause = Cause { occurrence: Occurrence::ObjectCreated { bucket: bucket.to_owned(), key }, messenger };
        caused((logical, bucket), format!("arn:aws:s3:::{bucket}"), starts, cause)
    };
    for one in &told.lambda_function_configurations {
        if let (Some(key), Some(starts)) = (one.key(), function(&one.lambda_function_arn)) {
            found.push(rule(key, starts, Messenger::Service));
        }
    }
    for one in &told.topic_configurations {
        let Some(key) = one.key() else { continue };
        for starts in subscribed(client, &one.topic_arn).await? {
            found.push(rule(key.clone(), starts, Messenger::Topic(one.topic_arn.clone())));
        }
    }
    Ok(found)
}

async fn of_alarm(client: &DynamicClient, logical: &str, alarm: &str) -> Result<Vec<Rule>, HopFailure> {
    let described = client.ask("monitoring", "DescribeAlarms", &json!({ "AlarmNames": [alarm] })).await;
    let described = described.map_err(at(Hop::Rule, "DescribeAlarms"))?;
    let Some(one) = described.pointer("/MetricAlarms/0") else { return Ok(Vec::new()) };
    let arn = one.get("AlarmArn").and_then(Value::as_str).unwrap_or_default();
    let mut found = Vec::new();
    let rule = |starts: Starts, messenger: Messenger| {
        let cause = Cause { occurrence: Occurrence::AlarmRaised { alarm: alarm.to_owned() }, messenger };
        caused((logical, alarm), arn.to_owned(), starts, cause)
    };
    let actions = one.get("AlarmActions").and_then(Value::as_array).into_iter().flatten();
    for action in actions.filter_map(Value::as_str) {
        match arn::service_of(action) {
            "lambda" => found.extend(function(action).map(|starts| rule(starts, Messenger::Service))),
            "sns" => {
                let subscribed = subscribed(client, action).await?.into_iter();
                found.extend(subscribed.map(|starts| rule(starts, Messenger::Topic(action.to_owned()))));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// What a topic invokes.
async fn subscribed(client: &DynamicClient, topic: &str) -> Result<Vec<Starts>, HopFailure> {
    let mut found: Vec<Value> = Vec::new();
    let listed = client.pages("sns", "ListSubscriptionsByTopic", json!({ "TopicArn": topic }), "Subscriptions", &mut found);
    listed.await.map_err(at(Hop::Rule, "ListSubscriptionsByTopic"))?;
    let endpoint = |one: &Value| {
        let protocol = one.get("Protocol").and_then(Value::as_str);
        let endpoint = one.get("Endpoint").and_then(Value::as_str)?;
        (protocol == Some("lambda")).then(|| function(endpoint)).flatten()
    };
    Ok(found.iter().filter_map(endpoint).collect())
}

fn function(arn: &str) -> Option<Starts> {
    let mut parts = arn::resource_of(arn).strip_prefix("function:")?.split(':');
    Some(Starts::Function { name: parts.next()?.to_owned(), qualifier: parts.next().map(str::to_owned) })
}

/// What an event starts without a rule.
fn caused((logical, name): (&str, &str), arn: String, starts: Starts, cause: Cause) -> Rule {
    Rule {
        logical: logical.to_owned(),
        name: name.to_owned(),
        arn,
        schedule: cause.occurrence.to_string(),
        starts,
        by_role: false,
        dead_letters: None,
        window: None,
        input: String::new(),
        cause: Some(cause),
    }
}

/// Why an event that has happened never reaches its rule, if the configuration of its source shows it.
pub(crate) async fn untold(client: &DynamicClient, cause: &Cause) -> Option<HopFailure> {
    let (Occurrence::ObjectCreated { bucket, .. }, Messenger::Rule(_)) = (&cause.occurrence, &cause.messenger) else {
        return None;
    };
    let told = client.ask("s3", "GetBucketNotificationConfiguration", &json!({ "Bucket": bucket })).await.ok()?;
    told.get("EventBridgeConfiguration").is_none().then(|| {
        let reason = format!(
            "{} and {bucket} tells EventBridge of nothing: its NotificationConfiguration has no EventBridgeConfiguration",
            cause.happened()
        );
        HopFailure::at(Hop::Rule, reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_wants_keys_by_prefix_and_suffix() {
        let one = |events: Value| -> Notification {
            let rules = json!([{"Name": "Prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".done"}]);
            serde_json::from_value(json!({"Events": events, "Filter": {"Key": {"FilterRules": rules}}})).unwrap()
        };
        assert_eq!(one(json!(["s3:ObjectCreated:Put"])).key().as_deref(), Some("in/nightproof-event.done"));
        assert_eq!(one(json!(["s3:ObjectCreated:Copy", "s3:ObjectRemoved:*"])).key(), None);
        let plain: Notification = serde_json::from_value(json!({"Events": ["s3:ObjectCreated:*"]})).unwrap();
        assert_eq!(plain.key().as_deref(), Some(KEY));
    }

    #[test]
    fn only_a_template_that_reaches_a_function_without_a_rule_is_looked_at() {
        let mentions = |resources: Value| {
            let found = Mentions::from_template(&json!({ "Resources": resources }).to_string());
            (found.notifications, found.functions)
        };
        let alarm = |action: Value| json!({"Type": ALARM, "Properties": {"AlarmActions": [action]}});
        let function = json!({"Type": "AWS::Lambda::Function"});
        let mail = json!({"Type": "AWS::SNS::Subscription", "Properties": {"Protocol": "email"}});
        let to_topic = alarm(json!({"Ref": "Topic"}));
        assert_eq!(mentions(json!({"A": to_topic, "F": function, "S": mail})), (false, false));
        let call = json!({"Type": "AWS::SNS::Topic", "Properties": {"Subscription": [{"Protocol": "lambda", "Endpoint": "x"}]}});
        assert_eq!(mentions(json!({"A": to_topic, "F": function, "S": call})), (false, true));
        assert_eq!(mentions(json!({"A": alarm(json!({"Fn::GetAtt": ["F", "Arn"]})), "F": function})), (false, true));
        let told = json!({"Type": BUCKET, "Properties": {"NotificationConfiguration": {}}});
        assert_eq!(mentions(json!({"B": told, "S": call})), (true, false));
    }
}
