//! The rule that starts the backup.

use std::fmt;

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
    pub(crate) starts: Starts,
    /// ARN of the queue that gets what does not reach the target.
    pub(crate) dead_letters: Option<String>,
}

/// What a rule starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Starts {
    /// A function, which is to send the command.
    Function {
        /// Its name.
        name: String,
        /// The version or alias that is invoked, if the target names one.
        qualifier: Option<String>,
    },
    /// A document of Systems Manager by its name: EventBridge itself sends the command.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/running-commands-eventbridge.html>
    Document(String),
}

impl Starts {
    /// The name of the function, if it is one.
    pub(crate) fn function(&self) -> Option<&str> {
        match self {
            Self::Function { name, .. } => Some(name),
            Self::Document(_) => None,
        }
    }
}

impl fmt::Display for Starts {
    /// The name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function { name, .. } => f.write_str(name),
            Self::Document(name) => write!(f, "the document {name}"),
        }
    }
}

/// The stack's one scheduled rule that starts a function or a command, or the one that the plan names.
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
        let Some((starts, dead_letters)) = targets.find_map(started) else {
            others.push(format!("{name} targets no function and no document"));
            continue;
        };
        scheduled.push(Rule {
            logical: resource.logical.clone(),
            name: name.to_owned(),
            arn: text("Arn").to_owned(),
            schedule: schedule.to_owned(),
            starts,
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
            format!("several rules have a schedule and start something: {}; choose one by --rule", names.join(", ")),
        )),
    }
}

/// What a target starts by its ARN; nothing for ARNs of other kinds.
fn of_arn(arn: &str) -> Option<Starts> {
    let resource = arn::resource_of(arn);
    match arn::service_of(arn) {
        "lambda" => {
            let mut parts = resource.strip_prefix("function:")?.split(':');
            Some(Starts::Function { name: parts.next()?.to_owned(), qualifier: parts.next().map(str::to_owned) })
        }
        "ssm" => resource.strip_prefix("document/").map(|name| Starts::Document(name.to_owned())),
        _ => None,
    }
}

/// What a target starts, and the queue of what does not reach it.
fn started(target: &Value) -> Option<(Starts, Option<String>)> {
    let starts = of_arn(target.get("Arn")?.as_str()?)?;
    Some((starts, target.pointer("/DeadLetterConfig/Arn").and_then(Value::as_str).map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_target_starts_is_read_from_its_arn() {
        let function =
            |qualifier: Option<&str>| Starts::Function { name: "nightly".to_owned(), qualifier: qualifier.map(str::to_owned) };
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:nightly";
        assert_eq!(of_arn(arn), Some(function(None)));
        assert_eq!(of_arn(&format!("{arn}:live")), Some(function(Some("live"))));
        let document = of_arn("arn:aws:ssm:us-east-1::document/AWS-RunShellScript");
        assert_eq!(document, Some(Starts::Document("AWS-RunShellScript".to_owned())));
        assert_eq!(of_arn("arn:aws:ssm:us-east-1::automation-definition/A:$DEFAULT"), None);
        assert_eq!(of_arn("arn:aws:sqs:us-east-1:123456789012:queue"), None);
    }
}
