//! The rule that starts the backup.

use nightproof_wire::arn;
use serde_json::{Value, json};

use crate::account::clients::Clients;
use crate::account::resources::Resources;
use crate::chain::failure::{HopFailure, at};
use crate::{Hop, Plan};

/// The rule that starts the backup.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) logical: String,
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) schedule: String,
    /// The function's name.
    pub(crate) function: String,
    /// The version or alias of the function that is invoked, if it names one.
    pub(crate) qualifier: Option<String>,
    /// ARN of the queue that gets what does not reach the function.
    pub(crate) dead_letters: Option<String>,
}

/// The stack's one scheduled rule with a function behind it, or the one that the plan names.
pub(crate) async fn find(clients: &Clients, plan: &Plan, resources: &Resources) -> Result<Rule, HopFailure> {
    let mut scheduled = Vec::new();
    let mut others = Vec::new();
    for resource in resources.of_type("AWS::Events::Rule") {
        // The physical id of a rule on a custom bus is `bus|rule`; schedules exist on the default bus only.
        let name = resource.physical.rsplit('|').next().unwrap_or_default();
        if plan.rule.as_deref().is_some_and(|wanted| wanted != name && wanted != resource.logical) {
            continue;
        }
        let rule = clients.dynamic.ask("events", "DescribeRule", &json!({ "Name": name })).await;
        let rule = rule.map_err(at(Hop::Rule, "DescribeRule"))?;
        let text = |member: &str| rule.get(member).and_then(Value::as_str).unwrap_or_default();
        let schedule = text("ScheduleExpression");
        if schedule.is_empty() {
            others.push(format!("{name} has no schedule"));
            continue;
        }
        if text("State") == "DISABLED" {
            others.push(format!("{name} is disabled"));
            continue;
        }
        let targets = clients.dynamic.ask("events", "ListTargetsByRule", &json!({ "Rule": name })).await;
        let targets = targets.map_err(at(Hop::Rule, "ListTargetsByRule"))?;
        let mut targets = targets.get("Targets").and_then(Value::as_array).into_iter().flatten();
        let Some((function, qualifier, dead_letters)) = targets.find_map(invoked) else {
            others.push(format!("{name} targets no function"));
            continue;
        };
        scheduled.push(Rule {
            logical: resource.logical.clone(),
            name: name.to_owned(),
            arn: text("Arn").to_owned(),
            schedule: schedule.to_owned(),
            function,
            qualifier,
            dead_letters,
        });
    }
    let names: Vec<&str> = scheduled.iter().map(|rule| rule.name.as_str()).collect();
    match (names.len(), &plan.rule) {
        (0, Some(wanted)) if others.is_empty() => Err(HopFailure::at(Hop::Rule, format!("the stack has no rule `{wanted}`"))),
        (0, _) if others.is_empty() => Err(HopFailure::at(Hop::Rule, "the stack has no rule, so nothing starts the backup")),
        (0, _) => Err(HopFailure::at(Hop::Rule, format!("no rule starts the backup: {}", others.join(", ")))),
        (1, _) => scheduled.pop().ok_or_else(|| HopFailure::at(Hop::Rule, "the stack has no rule")),
        _ => Err(HopFailure::at(
            Hop::Rule,
            format!("several rules have a schedule and a function: {}; choose one by --rule", names.join(", ")),
        )),
    }
}

/// The name of the function with this ARN; nothing for ARNs of other services.
fn function_of(arn: &str) -> Option<String> {
    let function = arn::resource_of(arn).strip_prefix("function:").filter(|_| arn::service_of(arn) == "lambda")?;
    function.split(':').next().map(str::to_owned)
}

/// The version or alias in a function's ARN.
fn qualifier_of(arn: &str) -> Option<String> {
    arn::resource_of(arn).split(':').nth(2).map(str::to_owned)
}

/// The function that a target invokes, its version or alias, and the queue of what does not reach it.
fn invoked(target: &Value) -> Option<(String, Option<String>, Option<String>)> {
    let arn = target.get("Arn")?.as_str()?;
    let dead_letters = target.pointer("/DeadLetterConfig/Arn").and_then(Value::as_str);
    Some((function_of(arn)?, qualifier_of(arn), dead_letters.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_name_is_read_from_its_arn_with_and_without_an_alias() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:nightly";
        assert_eq!(function_of(arn).as_deref(), Some("nightly"));
        assert_eq!(function_of(&format!("{arn}:live")).as_deref(), Some("nightly"));
        assert_eq!((qualifier_of(arn), qualifier_of(&format!("{arn}:live")).as_deref()), (None, Some("live")));
        assert_eq!(function_of("arn:aws:sqs:us-east-1:123456789012:queue"), None);
    }
}
