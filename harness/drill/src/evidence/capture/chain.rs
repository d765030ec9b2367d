//! The rules and functions of a stack.

use serde_json::{Value, json};

use super::answer::{noted, text, time};
use super::evidence::{Evidence, FunctionState, LogLine, RuleState, Target, Window};
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::{Resource, Resources};
use crate::chain::failure::refused;
use crate::steps::{function, function_log};

/// The state of each rule.
pub(super) async fn rules(client: &DynamicClient, resources: &Resources, evidence: &mut Evidence) {
    for resource in resources.of_type("AWS::Events::Rule") {
        let rule = rule(client, resource, evidence).await;
        evidence.rules.extend(rule);
    }
}

async fn rule(client: &DynamicClient, resource: &Resource, evidence: &mut Evidence) -> Option<RuleState> {
    // The physical id of a rule on a custom bus is `bus|rule`.
    let (bus, name) = match resource.physical.split_once('|') {
        Some((bus, name)) => (Some(bus), name),
        None => (None, resource.physical.as_str()),
    };
    let found = RuleState { logical_id: resource.logical.clone(), name: name.to_owned(), ..RuleState::default() };
    let answer = match client.ask("events", "DescribeRule", &json!({ "Name": name, "EventBusName": bus })).await {
        Ok(answer) => answer,
        Err(error) if error.code == "ResourceNotFoundException" => {
            return Some(RuleState { state: "DELETED".to_owned(), ..found });
        }
        Err(error) => {
            evidence.refused.push(refused("DescribeRule", &error));
            return None;
        }
    };
    let targets = client.ask("events", "ListTargetsByRule", &json!({ "Rule": name, "EventBusName": bus })).await;
    let targets = noted(targets, "ListTargetsByRule", evidence).unwrap_or_default();
    let targets = targets.get("Targets").and_then(Value::as_array).into_iter().flatten();
    let member = |of: &Value, name: &str| text(of.get(name).and_then(Value::as_str));
    Some(RuleState {
        state: member(&answer, "State"),
        schedule: member(&answer, "ScheduleExpression"),
        targets: targets.map(|target| Target { id: member(target, "Id"), arn: member(target, "Arn") }).collect(),
        ..found
    })
}

/// The state of each function, and its log of the window.
pub(super) async fn functions(client: &DynamicClient, resources: &Resources, window: Window, evidence: &mut Evidence) {
    for resource in resources.of_type("AWS::Lambda::Function") {
        let function = function_state(client, resource, window, evidence).await;
        evidence.functions.extend(function);
    }
}

async fn function_state(
    client: &DynamicClient,
    resource: &Resource,
    window: Window,
    evidence: &mut Evidence,
) -> Option<FunctionState> {
    let name = &resource.physical;
    let answer = client.ask("lambda", "GetFunctionConfiguration", &json!({ "FunctionName": name })).await;
    let answer = noted(answer, "GetFunctionConfiguration", evidence)?;
    let policy = noted(function::policy(client, name, None).await, "GetPolicy", evidence).flatten();
    let member = |name: &str| text(answer.get(name).and_then(Value::as_str));
    let number =
        |name: &str| answer.get(name).and_then(Value::as_i64).and_then(|number| number.try_into().ok()).unwrap_or_default();
    let group = answer.pointer("/LoggingConfig/LogGroup").and_then(Value::as_str).map(str::to_owned);
    let group = group.unwrap_or_else(|| format!("/aws/lambda/{name}"));
    let lines = match function_log::events(client, &group, Some((window.from, window.to))).await {
        Ok(events) => events,
        Err(broken) => {
            evidence.refused.push(broken.reason);
            Vec::new()
        }
    };
    let environment = answer.pointer("/Environment/Variables").and_then(Value::as_object).into_iter().flatten();
    Some(FunctionState {
        logical_id: resource.logical.clone(),
        name: name.clone(),
        arn: member("FunctionArn"),
        role: member("Role"),
        runtime: member("Runtime"),
        state: member("State"),
        modified: member("LastModified"),
        timeout: number("Timeout"),
        memory: number("MemorySize"),
        environment: environment.map(|(name, value)| (name.clone(), text(value.as_str()))).collect(),
        policy,
        log: lines.into_iter().map(|line| LogLine { time: time(&line.time), message: line.message }).collect(),
    })
}
