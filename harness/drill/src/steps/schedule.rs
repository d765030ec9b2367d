//! Schedule: makes a rule fire within a minute where the clock cannot be moved, and sets its own schedule back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::{stack, template_source};
use crate::chain::failure::{HopFailure, at};
use crate::steps::observe::Before;
use crate::steps::review;
use crate::steps::rule::Rule;
use crate::{Hop, Plan};

/// Soon enough for a drill; EventBridge knows no shorter rate.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>
const EVERY_MINUTE: &str = "rate(1 minute)";
/// The same for a maintenance window, whose rate counts from when it was made.
const EACH_MINUTE: &str = "cron(* * * * ? *)";
/// For an update of one rule.
const UPDATE_BOUND: Duration = Duration::from_secs(600);
/// For EventBridge to fire a rule of one minute, which it may do a minute late.
const FIRE_BOUND: Duration = Duration::from_secs(240);

/// Updates the stack so that the rule fires every minute, waits for the first sign of its function, and sets the schedule back.
pub(crate) async fn hasten(client: &DynamicClient, plan: &Plan, rule: &Rule, before: &Before) -> Result<String, HopFailure> {
    let stack = plan.stack();
    let (property, often) = match rule.window {
        Some(_) => ("Schedule", EACH_MINUTE),
        None => ("ScheduleExpression", EVERY_MINUTE),
    };
    let change = Change::new(&plan.template, &rule.logical, property, often)?;
    update(client, plan, &stack, &change, Some(often)).await?;
    let fired = nightproof_poll::try_until(FIRE_BOUND, || async {
        Ok::<_, HopFailure>(if before.shows_life(client).await? { Ok(()) } else { Err(String::new()) })
    })
    .await;
    // Also when nothing came: the stack may be kept.
    update(client, plan, &stack, &change, None).await?;
    // That nothing came is told by who observes, with the evidence.
    let waited = match (fired?.is_ok(), &rule.window) {
        (true, None) => "EventBridge fired it",
        (true, Some(_)) => "it has opened",
        (false, _) => "it has not fired",
    };
    Ok(format!("{waited} at {often}; its own schedule is set back"))
}

/// Where a template says how often the rule fires.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// In this parameter.
    Parameter(String),
    /// In the rule itself: the template with another schedule.
    Template(String),
}

impl Change {
    fn new(template: &str, rule: &str, property: &str, often: &str) -> Result<Self, HopFailure> {
        let unusable = |why: &str| HopFailure::at(Hop::Rule, format!("the schedule of {rule} cannot be changed: {why}"));
        let mut whole = nightproof_template::to_json(template).map_err(|_| unusable("the template cannot be read"))?;
        let properties = whole.pointer_mut(&format!("/Resources/{rule}/Properties")).and_then(Value::as_object_mut);
        let properties = properties.filter(|properties| properties.contains_key(property));
        let properties = properties.ok_or_else(|| unusable("the template has no such rule; drill with --fire invoke"))?;
        let mode = properties.get("FlexibleTimeWindow").and_then(|window| window.get("Mode"));
        let is_flexible = mode.is_some_and(|mode| mode != "OFF");
        let parameter = properties.get(property).and_then(|schedule| schedule.get("Ref")?.as_str());
        if let (Some(parameter), false) = (parameter, is_flexible) {
            return Ok(Self::Parameter(parameter.to_owned()));
        }
        properties.insert(property.to_owned(), often.into());
        // Else it would come some time in its window, which may be hours long.
        if is_flexible {
            properties.insert("FlexibleTimeWindow".to_owned(), json!({ "Mode": "OFF" }));
        }
        Ok(Self::Template(whole.to_string()))
    }
}

/// Updates the stack to `schedule`, or back to the plan's own template and parameters.
async fn update(
    client: &DynamicClient,
    plan: &Plan,
    name: &str,
    change: &Change,
    schedule: Option<&str>,
) -> Result<(), HopFailure> {
    let mut parameters = kept(client, name).await?;
    let (member, template) = match (change, schedule) {
        (Change::Parameter(name), schedule) => {
            parameters.retain(|parameter| parameter.get("ParameterKey").and_then(Value::as_str) != Some(name));
            let own = plan.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            // Without a value of its own a parameter goes back to its default.
            if let Some(value) = schedule.or(own) {
                parameters.push(json!({ "ParameterKey": name, "ParameterValue": value }));
            }
            ("UsePreviousTemplate", Value::Bool(true))
        }
        (Change::Template(changed), Some(_)) => template_source::member(client, plan, changed).await?,
        (Change::Template(_), None) => template_source::member(client, plan, &plan.template).await?,
    };
    let input = json!({ "StackName": name, "Capabilities": review::CAPABILITIES, member: template, "Parameters": parameters });
    client.ask("cloudformation", "UpdateStack", &input).await.map_err(at(Hop::Rule, "UpdateStack"))?;
    let ended = nightproof_poll::try_until(UPDATE_BOUND, || async {
        let found = stack::describe(client, name).await.map_err(at(Hop::Rule, "DescribeStacks"))?;
        let status = found.unwrap_or_default().stack_status;
        Ok::<_, HopFailure>(match status.as_str() {
            "UPDATE_COMPLETE" => Ok(None),
            ended if ended.ends_with("ROLLBACK_COMPLETE") || ended.ends_with("FAILED") => Ok(Some(status)),
            _ => Err(status),
        })
    })
    .await?;
    match ended {
        Ok(None) => Ok(()),
        Ok(Some(status)) => Err(HopFailure::at(Hop::Rule, format!("the update of its schedule ended as {status}"))),
        Err(seen) => {
            Err(HopFailure::at(Hop::Rule, format!("the update of its schedule is {seen} after {} s", UPDATE_BOUND.as_secs())))
        }
    }
}

/// All parameters of the stack, as they are.
async fn kept(client: &DynamicClient, name: &str) -> Result<Vec<Value>, HopFailure> {
    let found = stack::describe(client, name).await.map_err(at(Hop::Rule, "DescribeStacks"))?;
    let kept = found.unwrap_or_default().parameters.into_iter();
    Ok(kept.map(|parameter| json!({ "ParameterKey": parameter.parameter_key, "UsePreviousValue": true })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Parameters: {When: {Type: String}}\nResources:\n  A: {Type: 'AWS::Events::Rule', Properties: {ScheduleExpression: !Ref When}}\n  B: {Type: 'AWS::Events::Rule', Properties: {ScheduleExpression: 'rate(1 day)'}}\n";

    fn change(rule: &str) -> Result<Change, HopFailure> {
        Change::new(TEMPLATE, rule, "ScheduleExpression", EVERY_MINUTE)
    }

    #[test]
    fn a_schedule_is_changed_by_its_parameter_or_in_the_template() {
        assert_eq!(change("A").unwrap(), Change::Parameter("When".to_owned()));
        let Change::Template(text) = change("B").unwrap() else { panic!("no template") };
        let changed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(changed["Resources"]["B"]["Properties"]["ScheduleExpression"], EVERY_MINUTE);
        assert_eq!(changed["Resources"]["A"]["Properties"]["ScheduleExpression"]["Ref"], "When");
    }

    #[test]
    fn a_schedule_with_a_flexible_window_comes_at_its_time() {
        let schedule = |when: &str, mode: &str| {
            format!(
                "Resources: {{S: {{Type: 'AWS::Scheduler::Schedule', Properties: {{ScheduleExpression: {when}, FlexibleTimeWindow: {{Mode: {mode}}}}}}}}}\n"
            )
        };
        let change =
            |when: &str, mode: &str| Change::new(&schedule(when, mode), "S", "ScheduleExpression", EVERY_MINUTE).unwrap();
        for when in ["!Ref When", "'rate(1 day)'"] {
            let Change::Template(text) = change(when, "FLEXIBLE") else { panic!("no template") };
            let changed: Value = serde_json::from_str(&text).unwrap();
            let expected = json!({ "ScheduleExpression": EVERY_MINUTE, "FlexibleTimeWindow": { "Mode": "OFF" } });
            assert_eq!(changed["Resources"]["S"]["Properties"], expected);
        }
        assert_eq!(change("!Ref When", "'OFF'"), Change::Parameter("When".to_owned()));
    }

    #[test]
    fn a_rule_that_the_template_does_not_have_is_said() {
        assert!(change("C").unwrap_err().reason.contains("--fire invoke"));
    }
}
