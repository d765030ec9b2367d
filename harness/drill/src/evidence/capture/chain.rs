//! The rules and functions of a stack.

use serde_json::{Value, json};

use super::answer::{noted, text, time};
use super::evidence::{Evidence, FunctionState, LogLine, RuleState, Target, Window};
use crate::account::clients::Clients;
use crate::account::resources::{Resource, Resources};
use crate::chain::failure::refused;
use crate::steps::function_log;

/// The state of each rule.
pub(super) async fn rules(clients: &Clients, resources: &Resources, evidence: &mut Evidence) {
    for resource in resources.of_type("AWS::Events::Rule") {
        let rule = rule(clients, resource, evidence).await;
        evidence.rules.extend(rule);
    }
}

async fn rule(clients: &Clients, resource: &Resource, evidence: &mut Evidence) -> Option<RuleState> {
    // The physical id of a rule on a custom bus is `bus|rule`.
    let (bus, name) = match resource.physical.split_once('|') {
        Some((bus, name)) => (Some(bus), name),
        None => (None, resource.physical.as_str()),
    };
    let found = RuleState { logical_id: resource.logical.clone(), name: name.to_owned(), ..RuleState::default() };
    let answer = match clients.dynamic.ask("events", "DescribeRule", &json!({ "Name": name, "EventBusName": bus })).await {
        Ok(answer) => answer,
        Err(error) if error.code == "ResourceNotFoundException" => {
            return Some(RuleState { state: "DELETED".to_owned(), ..found });
        }
        Err(error) => {
            evidence.refused.push(refused("DescribeRule", &error));
            return None;
        }
    };
    let targets = clients.dynamic.ask("events", "ListTargetsByRule", &json!({ "Rule": name, "EventBusName": bus })).await;
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
pub(super) async fn functions(clients: &Clients, resources: &Resources, window: Window, evidence: &mut Evidence) {
    for resource in resources.of_type("AWS::Lambda::Function") {
        let function = function(clients, resource, window, evidence).await;
        evidence.functions.extend(function);
    }
}

async fn function(clients: &Clients, resource: &Resource, window: Window, evidence: &mut Evidence) -> Option<FunctionState> {
    let name = &resource.physical;
    let answer = clients.lambda.get_function_configuration().function_name(name).send().await;
    let answer = noted(answer, "GetFunctionConfiguration", evidence)?;
    let policy = match clients.lambda.get_policy().function_name(name).send().await {
        Ok(policy) => policy.policy().map(str::to_owned),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => None,
        Err(error) => {
            evidence.refused.push(refused("GetPolicy", &error));
            None
        }
    };
    let group = answer.logging_config().and_then(|logging| logging.log_group()).map(str::to_owned);
    let group = group.unwrap_or_else(|| format!("/aws/lambda/{name}"));
    let lines = match function_log::events(clients, &group, Some((window.from, window.to))).await {
        Ok(events) => events,
        Err(broken) => {
            evidence.refused.push(broken.reason);
            Vec::new()
        }
    };
    let environment = answer.environment().and_then(|environment| environment.variables()).into_iter().flatten();
    Some(FunctionState {
        logical_id: resource.logical.clone(),
        name: name.clone(),
        arn: text(answer.function_arn()),
        role: text(answer.role()),
        runtime: answer.runtime().map(ToString::to_string).unwrap_or_default(),
        state: answer.state().map(ToString::to_string).unwrap_or_default(),
        modified: text(answer.last_modified()),
        timeout: answer.timeout().unwrap_or_default(),
        memory: answer.memory_size().unwrap_or_default(),
        environment: environment.map(|(name, value)| (name.clone(), value.clone())).collect(),
        policy,
        log: lines.into_iter().map(|line| LogLine { time: time(&line.time), message: line.message }).collect(),
    })
}
