//! From the text of a definition to what is carried out, and what is wrong with it.
//! <https://states-language.net/spec.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map as Object, Value};

use super::choice::{Rule, time};
use super::definition::{Kind, Map, Number, Said, State, Task, Until, Workflow};
use super::diagnostic::Diagnostics;
use super::fields::Fields;
use super::filter::{Filter, ResultPath};
use super::graph;
use super::path::Path;
use super::resource::{Resource, ResourceError};
use super::retry::{Catcher, Retrier};

/// Longest name of a state, in characters.
const LONGEST_NAME: usize = 80;
/// Most seconds of a time-out or a wait.
const MOST_SECONDS: i64 = 99_999_999;

/// Reads a definition. There is one only if nothing is wrong with it and nothing of it is lacking.
pub(crate) fn parse(definition: &str) -> (Option<Workflow>, Diagnostics) {
    let mut found = Diagnostics::default();
    let document: Value = match serde_json::from_str(definition) {
        Ok(document) => document,
        Err(error) => {
            found.add("INVALID_JSON_DESCRIPTION", error.to_string(), "");
            return (None, found);
        }
    };
    let workflow = Fields::new(&document, "", &mut found).and_then(|mut fields| {
        fields.take("Version");
        let timeout = fields.number("TimeoutSeconds", 1, &mut found);
        query_language(&mut fields, &mut found);
        let mut workflow = workflow(fields, &mut found)?;
        if let Number::Fixed(seconds) = timeout {
            workflow.timeout = Some(seconds);
        }
        Some(workflow)
    });
    if let Some(workflow) = &workflow {
        graph::check_names(workflow, &mut found);
    }
    let refused = found.refusal().is_some();
    (workflow.filter(|_| !refused), found)
}

fn query_language(fields: &mut Fields, found: &mut Diagnostics) {
    let at = fields.at("QueryLanguage");
    match fields.read::<String>("QueryLanguage", found).as_deref() {
        None | Some("JSONPath") => {}
        Some("JSONata") => found.lacking("the query language JSONata"),
        Some(other) => found.schema(format!("The value '{other}' is not one of JSONPath, JSONata"), at),
    }
}

/// A workflow, at whatever depth.
fn workflow(mut fields: Fields, found: &mut Diagnostics) -> Option<Workflow> {
    fields.take("Comment");
    let start_at: Option<String> = fields.require("StartAt", found);
    let all: Option<Object<String, Value>> = fields.require("States", found);
    let location = fields.location.clone();
    fields.end(found);
    let (start_at, all) = (start_at?, all?);
    let mut states = BTreeMap::new();
    for (name, value) in &all {
        let at = format!("{location}/States/{name}");
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            found.add("INVALID_STATE_NAME", format!("The name of a state has 1 to {LONGEST_NAME} characters"), at.clone());
        }
        if let Some(state) = Fields::new(value, &at, found).and_then(|fields| state(name, fields, found)) {
            states.insert(name.clone(), state);
        }
    }
    let workflow = Workflow { start_at, states, timeout: None };
    // What of a broken state would lead on is not known.
    if workflow.states.len() == all.len() {
        graph::check(&workflow, &location, found);
    }
    Some(workflow)
}

fn state(name: &str, mut fields: Fields, found: &mut Diagnostics) -> Option<State> {
    fields.take("Comment");
    query_language(&mut fields, found);
    fields.lacking(&["Assign", "Arguments", "Output"], found);
    let kind: String = fields.require("Type", found)?;
    let has = |kinds: &[&str]| kinds.contains(&kind.as_str());
    let moves = !has(&["Succeed", "Fail"]);
    let works = has(&["Task", "Parallel", "Map"]);
    let next = if moves && kind != "Choice" { transition(&mut fields, found) } else { None };
    let (input_path, output_path) = match kind == "Fail" {
        true => (Filter::Whole, Filter::Whole),
        false => (fields.filter("InputPath", found), fields.filter("OutputPath", found)),
    };
    let result_path = if works || kind == "Pass" { fields.result_path(found) } else { ResultPath::Steps(Vec::new()) };
    let parameters = if works || kind == "Pass" { fields.template("Parameters", found) } else { None };
    let result_selector = if works { fields.template("ResultSelector", found) } else { None };
    let retriers = if works { retriers(&mut fields, found) } else { Vec::new() };
    let catchers = if works { catchers(&mut fields, found) } else { Vec::new() };
    let mut state = State {
        name: name.to_owned(),
        kind: Kind::Succeed,
        input_path,
        output_path,
        parameters,
        result_selector,
        result_path,
        retriers,
        catchers,
        next,
    };
    let read = match kind.as_str() {
        "Pass" => Some(Kind::Pass { result: fields.take("Result") }),
        "Task" => task(&mut fields, found).map(Kind::Task),
        "Choice" => choice(&mut fields, found),
        "Wait" => wait(&mut fields, found).map(Kind::Wait),
        "Succeed" => Some(Kind::Succeed),
        "Fail" => Some(Kind::Fail { error: said(&mut fields, "Error", found), cause: said(&mut fields, "Cause", found) }),
        "Parallel" => parallel(&mut fields, found),
        "Map" => map(&mut fields, &mut state, found).map(|map| Kind::Map(Box::new(map))),
        other => {
            found.schema(format!("Unknown state type: '{other}'"), fields.at("Type"));
            return None;
        }
    };
    fields.end(found);
    state.kind = read?;
    Some(state)
}

/// `Next` or `End`.
fn transition(fields: &mut Fields, found: &mut Diagnostics) -> Option<String> {
    let next: Option<String> = fields.read("Next", found);
    let end: Option<bool> = fields.read("End", found);
    match (&next, end) {
        (Some(_), Some(true)) => found.schema("Only one of the fields 'Next' and 'End' is allowed", fields.location.clone()),
        (None, None | Some(false)) => {
            found.schema("One of the fields 'Next' and 'End' is required", fields.location.clone());
        }
        _ => {}
    }
    next
}

fn retriers(fields: &mut Fields, found: &mut Diagnostics) -> Vec<Retrier> {
    let at = fields.at("Retry");
    let retriers: Vec<Retrier> = fields.read("Retry", found).unwrap_or_default();
    for retrier in &retriers {
        if retrier.interval_seconds == 0 || retrier.backoff_rate < 1.0 || retrier.max_delay_seconds == Some(0) {
            found.schema("IntervalSeconds, BackoffRate and MaxDelaySeconds are at least 1", at.clone());
        }
    }
    check_errors(retriers.iter().map(|one| one.error_equals.as_slice()).collect(), &at, found);
    retriers
}

/// `States.ALL` stands alone and in the last place.
fn check_errors(each: Vec<&[String]>, at: &str, found: &mut Diagnostics) {
    let count = each.len();
    for (index, names) in each.into_iter().enumerate() {
        if names.is_empty() {
            found.schema("The field 'ErrorEquals' must be a non-empty list", at);
        }
        if names.iter().any(|name| name == "States.ALL") && (names.len() > 1 || index + 1 < count) {
            found.schema("'States.ALL' must appear alone in an ErrorEquals list, in the last place", at);
        }
    }
}

/// A catcher as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CatchFields {
    error_equals: Vec<String>,
    next: String,
}

fn catchers(fields: &mut Fields, found: &mut Diagnostics) -> Vec<Catcher> {
    let at = fields.at("Catch");
    let Some(values) = fields.read::<Vec<Value>>("Catch", found) else { return Vec::new() };
    let mut catchers = Vec::new();
    for value in values {
        let Some(mut fields) = Fields::new(&value, &at, found) else { continue };
        fields.take("Comment");
        fields.lacking(&["Assign", "Output"], found);
        let result_path = fields.result_path(found);
        let read = serde_json::from_value::<CatchFields>(value);
        fields.take("ErrorEquals");
        fields.take("Next");
        fields.end(found);
        match read {
            Ok(CatchFields { error_equals, next }) => catchers.push(Catcher { error_equals, next, result_path }),
            Err(error) => found.schema(format!("The catcher is invalid: {error}"), at.clone()),
        }
    }
    check_errors(catchers.iter().map(|one| one.error_equals.as_slice()).collect(), &at, found);
    catchers
}

fn task(fields: &mut Fields, found: &mut Diagnostics) -> Option<Task> {
    fields.lacking(&["Credentials"], found);
    let (timeout, heartbeat) = (fields.number("TimeoutSeconds", 1, found), fields.number("HeartbeatSeconds", 1, found));
    if let (Number::Fixed(timeout), Number::Fixed(heartbeat)) = (&timeout, &heartbeat)
        && heartbeat >= timeout
    {
        found.schema("HeartbeatSeconds must be smaller than TimeoutSeconds", fields.location.clone());
    }
    let at = fields.at("Resource");
    let text: String = fields.require("Resource", found)?;
    match Resource::parse(&text) {
        Ok(resource) => Some(Task { resource, timeout, heartbeat }),
        Err(ResourceError::Lacking) => {
            found.lacking(format!("the resource {text}"));
            None
        }
        Err(ResourceError::Unrecognized) => {
            let message = format!(
                "The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
            );
            found.schema(message, at);
            None
        }
    }
}

fn choice(fields: &mut Fields, found: &mut Diagnostics) -> Option<Kind> {
    let default: Option<String> = fields.read("Default", found);
    let choices: Vec<Object<String, Value>> = fields.require("Choices", found)?;
    if choices.is_empty() {
        found.schema("The field 'Choices' must be a non-empty list", fields.at("Choices"));
    }
    let mut rules = Vec::new();
    for (index, rule) in choices.iter().enumerate() {
        let at = format!("{}[{index}]", fields.at("Choices"));
        if rule.contains_key("Assign") {
            found.lacking(format!("the field {at}/Assign of a state machine"));
        }
        let Some(next) = rule.get("Next").and_then(Value::as_str) else {
            found.schema("The field 'Next' is required but was missing", at);
            continue;
        };
        if let Some(read) = Rule::read(rule, &at, found) {
            rules.push((read, next.to_owned()));
        }
    }
    Some(Kind::Choice { rules, default })
}

fn wait(fields: &mut Fields, found: &mut Diagnostics) -> Option<Until> {
    let location = fields.location.clone();
    let given = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"].iter().filter(|name| fields.has(name)).count();
    if given != 1 {
        found.schema("Exactly one of the fields 'Seconds', 'SecondsPath', 'Timestamp' and 'TimestampPath' is required", location);
        return None;
    }
    if fields.has("TimestampPath") {
        return fields.path("TimestampPath", found).map(Until::TimestampAt);
    }
    if let Some(value) = fields.take("Timestamp") {
        let Some(time) = time(&value) else {
            found.schema(format!("The value for the field 'Timestamp' is no timestamp: {value}"), fields.at("Timestamp"));
            return None;
        };
        return Some(Until::Timestamp(time));
    }
    let at = fields.at("Seconds");
    let seconds = fields.number("Seconds", 0, found);
    if matches!(seconds, Number::Fixed(seconds) if seconds > MOST_SECONDS) {
        found.schema(format!("The value for the field 'Seconds' is at most {MOST_SECONDS}"), at);
    }
    Some(Until::Seconds(seconds))
}

/// `Error` or `Cause`, or where it is.
fn said(fields: &mut Fields, name: &str, found: &mut Diagnostics) -> Said {
    let by_path = format!("{name}Path");
    if let Some(expression) = fields.expression(&by_path, found) {
        return Said::At(expression);
    }
    fields.read(name, found).map_or(Said::None, Said::Text)
}

fn parallel(fields: &mut Fields, found: &mut Diagnostics) -> Option<Kind> {
    let at = fields.at("Branches");
    let values: Vec<Value> = fields.require("Branches", found)?;
    if values.is_empty() {
        found.schema("The field 'Branches' must be a non-empty list", at.clone());
    }
    let mut branches = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let read = Fields::new(value, &format!("{at}[{index}]"), found).and_then(|fields| workflow(fields, found));
        branches.push(read?);
    }
    Some(Kind::Parallel { branches })
}

fn map(fields: &mut Fields, state: &mut State, found: &mut Diagnostics) -> Option<Map> {
    fields.lacking(
        &[
            "ItemReader",
            "ItemBatcher",
            "ResultWriter",
            "Label",
            "ToleratedFailureCount",
            "ToleratedFailureCountPath",
            "ToleratedFailurePercentage",
            "ToleratedFailurePercentagePath",
        ],
        found,
    );
    let items = match fields.has("ItemsPath") {
        true => fields.path("ItemsPath", found),
        false => Path::parse("$").ok(),
    };
    // In its older form the selector is called `Parameters`.
    let selector = fields.template("ItemSelector", found).or_else(|| state.parameters.take());
    let concurrency = fields.number("MaxConcurrency", 0, found);
    let member = if fields.has("Iterator") { "Iterator" } else { "ItemProcessor" };
    let at = fields.at(member);
    let value: Value = fields.require(member, found)?;
    let mut inner = Fields::new(&value, &at, found)?;
    if let Some(configuration) = inner.take("ProcessorConfig")
        && configuration.get("Mode").is_some_and(|mode| mode == "DISTRIBUTED")
    {
        found.lacking(format!("a distributed Map state ({})", state.name));
        return None;
    }
    let processor = workflow(inner, found)?;
    Some(Map { items: items?, selector, processor, concurrency })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(definition: Value) -> String {
        let (workflow, found) = parse(&definition.to_string());
        assert!(workflow.is_none(), "{definition}");
        found.refusal().expect("a refusal").message
    }

    #[test]
    fn a_definition_is_read_with_all_its_states() {
        let definition = json!({
            "Comment": "c", "StartAt": "Send", "TimeoutSeconds": 600, "Version": "1.0",
            "States": {
                "Send": {
                    "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ssm:sendCommand", "Next": "Wait",
                    "Parameters": {"DocumentName": "AWS-RunShellScript", "InstanceIds.$": "$.ids"},
                    "ResultSelector": {"Id.$": "$.Command.CommandId"}, "ResultPath": "$.command",
                    "Retry": [{"ErrorEquals": ["Ssm.ThrottlingException"], "MaxAttempts": 2}],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
                },
                "Wait": {"Type": "Wait", "Seconds": 10, "Next": "Each"},
                "Each": {
                    "Type": "Map", "ItemsPath": "$.ids", "MaxConcurrency": 1, "Next": "Both",
                    "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}},
                },
                "Both": {"Type": "Parallel", "Next": "Ended", "Branches": [{"StartAt": "Q", "States": {"Q": {"Type": "Succeed"}}}]},
                "Ended": {"Type": "Choice", "Choices": [{"Variable": "$.s", "StringEquals": "x", "Next": "Done"}], "Default": "Failed"},
                "Done": {"Type": "Succeed"},
                "Failed": {"Type": "Fail", "Error": "E", "CausePath": "States.Format('{}', $.s)"},
            },
        });
        let (workflow, found) = parse(&definition.to_string());
        let workflow = workflow.unwrap_or_else(|| panic!("{}", found.message()));
        assert_eq!((workflow.start_at.as_str(), workflow.timeout, workflow.states.len()), ("Send", Some(600), 7));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_code_and_place() {
        let pass = |members: Value| {
            let mut state = json!({"Type": "Pass", "End": true});
            state.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            json!({"StartAt": "A", "States": {"A": state}})
        };
        assert!(
            refused(json!({"States": {}}))
                .contains("'SCHEMA_VALIDATION_FAILED: The field 'StartAt' is required but was missing at '")
        );
        assert!(
            refused(pass(json!({"Nxt": "B"}))).contains("The field 'Nxt' is not supported by Step Functions at /States/A/Nxt")
        );
        assert!(refused(pass(json!({"Next": "A"}))).contains("Only one of the fields 'Next' and 'End' is allowed at /States/A"));
        assert!(refused(pass(json!({"InputPath": "a"}))).contains("must be a valid JSONPath at /States/A/InputPath"));
        assert!(refused(pass(json!({"ResultPath": "$..a"}))).contains("must be a valid Reference Path at /States/A/ResultPath"));
        assert!(refused(pass(json!({"Retry": []}))).contains("The field 'Retry' is not supported"));
        let task = |resource: &str| {
            refused(json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": resource, "End": true}}}))
        };
        assert!(task("f").contains("The resource provided f is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/A/Resource"));
        assert!(
            task("arn:aws:states:::ecs:runTask.sync")
                .contains("the resource arn:aws:states:::ecs:runTask.sync is not implemented")
        );
        let (_, found) = parse("{");
        assert!(found.refusal().unwrap().message.contains("INVALID_JSON_DESCRIPTION"));
    }

    #[test]
    fn what_the_region_lacks_is_refused_by_name() {
        let lacking = |definition: Value| {
            let (_, found) = parse(&definition.to_string());
            let error = found.refusal().expect("a refusal");
            assert_eq!(error.code, "NotImplemented", "{}", error.message);
            error.message
        };
        let pass = json!({"A": {"Type": "Pass", "End": true}});
        assert!(lacking(json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": pass})).contains("JSONata"));
        let assigns = json!({"A": {"Type": "Pass", "Assign": {"x": 1}, "End": true}});
        assert!(lacking(json!({"StartAt": "A", "States": assigns})).contains("/States/A/Assign"));
        let distributed = json!({"A": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "B", "States": {}}}});
        assert!(lacking(json!({"StartAt": "A", "States": distributed})).contains("a distributed Map state (A)"));
    }
}
