//! The rule, schedule, maintenance window, association or event of a stack that starts the backup.

use nightproof_wire::arn::{self, Arn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::{Resource, Resources};
use crate::chain::failure::{HopFailure, at};
use crate::steps::event_sample::Place;
use crate::steps::event_trigger;
use crate::steps::job::{self, Jobs};
use crate::steps::rule::{Rule, Starts};
use crate::steps::window::{self, Window};
use crate::{Hop, Local, Plan};

/// What of a stack may start the backup.
#[derive(Default)]
struct Candidates {
    found: Vec<Rule>,
    /// The others, each with why it does not.
    others: Vec<String>,
}

/// The stack's one rule, schedule, maintenance window or association that starts a function or a command, or the one that the plan names.
pub(crate) async fn find(
    client: &DynamicClient,
    plan: &Plan,
    resources: &Resources,
    local: Option<&dyn Local>,
) -> Result<Rule, HopFailure> {
    let mut found = all(client, plan, resources, local).await?;
    // What else instances do by themselves is no matter where a rule starts something, and what events do is none where a clock does.
    if !found.iter().all(|rule| rule.starts.is_job()) {
        found.retain(|rule| !rule.starts.is_job());
    }
    if !found.iter().all(|rule| rule.cause.is_some()) {
        found.retain(|rule| rule.cause.is_none());
    }
    match found.len() {
        1 => found.pop().ok_or_else(|| HopFailure::at(Hop::Rule, "there is none")),
        _ => Err(several(&found)),
    }
}

/// That one of several has to be chosen.
pub(crate) fn several(found: &[Rule]) -> HopFailure {
    let names: Vec<&str> = found.iter().map(|rule| rule.name.as_str()).collect();
    let reason = format!("several rules have a schedule and start something: {}; choose one by --trigger", names.join(", "));
    HopFailure::at(Hop::Rule, reason)
}

/// All that the plan does not name, where it names one; jobs of instances aside.
pub(crate) async fn others(
    client: &DynamicClient,
    plan: &Plan,
    resources: &Resources,
    local: Option<&dyn Local>,
) -> Result<Vec<Rule>, HopFailure> {
    if plan.rule.is_none() {
        return Ok(Vec::new());
    }
    let named = all(client, plan, resources, local).await?;
    let mut found = all(client, &Plan { rule: None, ..plan.clone() }, resources, local).await?;
    found.retain(|rule| !rule.starts.is_job() && named.iter().all(|named| named.arn != rule.arn));
    Ok(found)
}

/// All of them, at least one; of those that the plan names. A `local` region is asked for the jobs of instances, too.
pub(crate) async fn all(
    client: &DynamicClient,
    plan: &Plan,
    resources: &Resources,
    local: Option<&dyn Local>,
) -> Result<Vec<Rule>, HopFailure> {
    let is_wanted =
        |name: &str, resource: &Resource| plan.rule.as_deref().is_none_or(|wanted| wanted == name || wanted == resource.logical);
    let mut candidates = Candidates::default();
    for resource in resources.of_type("AWS::Events::Rule") {
        // The physical id of a rule on a custom bus is `bus|rule`; schedules and events of AWS exist on the default bus only.
        match resource.physical.rsplit_once('|') {
            None if is_wanted(&resource.physical, resource) => rule(client, plan, resources, resource, &mut candidates).await?,
            Some((bus, name)) if is_wanted(name, resource) => {
                candidates.others.push(format!("{name} waits for events of the bus {bus}, which no drill causes"));
            }
            _ => {}
        }
    }
    for resource in resources.of_type("AWS::Scheduler::Schedule").filter(|resource| is_wanted(&resource.physical, resource)) {
        schedule(client, resource, &mut candidates).await?;
    }
    for resource in resources.of_type("AWS::SSM::MaintenanceWindow") {
        let window = window::read(client, &resource.physical).await?;
        if is_wanted(&window.name, resource) || is_wanted(&window.window_id, resource) {
            opening(client, &plan.endpoint.region, resource, window, &mut candidates).await?;
        }
    }
    for resource in resources.of_type("AWS::SSM::Association") {
        let input = json!({ "AssociationId": resource.physical });
        let found = client.ask("ssm", "DescribeAssociation", &input).await;
        let found = found.map_err(at(Hop::Rule, "DescribeAssociation"))?;
        let name = found.pointer("/AssociationDescription/AssociationName").and_then(Value::as_str).unwrap_or(&resource.logical);
        if is_wanted(name, resource) || is_wanted(&resource.physical, resource) {
            association(client, &plan.endpoint.region, resource, (name, &found), &mut candidates).await?;
        }
    }
    candidates.found.extend(event_trigger::without_rule(client, plan, resources, &is_wanted).await?);
    if let Some(local) = local {
        let Jobs { found, others } = job::find(client, local, resources, candidates.found.is_empty()).await?;
        let wanted = |rule: &Rule| plan.rule.as_ref().is_none_or(|wanted| [&rule.name, &rule.logical].contains(&wanted));
        candidates.found.extend(found.into_iter().filter(wanted));
        candidates.others.extend(others);
    }
    let Candidates { found, others } = candidates;
    let none = "the stack has no rule, no schedule, no maintenance window and no association, and no event invokes a function, so nothing starts the backup";
    match (found.len(), &plan.rule) {
        (0, Some(wanted)) if others.is_empty() => Err(HopFailure::at(Hop::Rule, format!("the stack has no rule `{wanted}`"))),
        (0, _) if others.is_empty() => Err(HopFailure::at(Hop::Rule, none)),
        (0, _) => Err(HopFailure::at(Hop::Rule, format!("no rule starts the backup: {}", others.join(", ")))),
        _ => Ok(found),
    }
}

async fn rule(
    client: &DynamicClient,
    plan: &Plan,
    resources: &Resources,
    resource: &Resource,
    candidates: &mut Candidates,
) -> Result<(), HopFailure> {
    let name = resource.physical.as_str();
    let rule = client.ask("events", "DescribeRule", &json!({ "Name": name })).await;
    let rule = rule.map_err(at(Hop::Rule, "DescribeRule"))?;
    let text = |member: &str| rule.get(member).and_then(Value::as_str).unwrap_or_default();
    let schedule = text("ScheduleExpression");
    if text("State") == "DISABLED" {
        candidates.others.push(format!("{name} is disabled"));
        return Ok(());
    }
    let targets = client.ask("events", "ListTargetsByRule", &json!({ "Rule": name })).await;
    let targets = targets.map_err(at(Hop::Rule, "ListTargetsByRule"))?;
    let mut targets = targets.get("Targets").and_then(Value::as_array).into_iter().flatten();
    let Some(((starts, dead_letters), input)) = targets.find_map(|target| Some((started(target)?, target.to_string()))) else {
        candidates.others.push(format!("{name} targets no function, no document, no runbook and no state machine"));
        return Ok(());
    };
    let arn = text("Arn");
    let (cause, schedule) = if schedule.is_empty() {
        let place = Place {
            partition: arn.split(':').nth(1).unwrap_or("aws"),
            account: arn::account_of(arn),
            region: &plan.endpoint.region,
        };
        match event_trigger::of_pattern(client, place, resources, (name, text("EventPattern"))).await? {
            Ok(cause) => (Some(cause.clone()), cause.occurrence.to_string()),
            Err(why) => {
                candidates.others.push(why);
                return Ok(());
            }
        }
    } else {
        (None, schedule.to_owned())
    };
    candidates.found.push(Rule {
        input,
        logical: resource.logical.clone(),
        name: name.to_owned(),
        arn: arn.to_owned(),
        schedule,
        starts,
        by_role: false,
        dead_letters,
        window: None,
        cause,
    });
    Ok(())
}

/// A schedule as EventBridge Scheduler lists it. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ScheduleSummary.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    group_name: String,
}

async fn schedule(client: &DynamicClient, resource: &Resource, candidates: &mut Candidates) -> Result<(), HopFailure> {
    let name = &resource.physical;
    // A schedule's physical id is its name alone: the list tells its group.
    let mut listed = Vec::<Listed>::new();
    let all = client.pages("scheduler", "ListSchedules", json!({ "NamePrefix": name }), "Schedules", &mut listed).await;
    all.map_err(at(Hop::Rule, "ListSchedules"))?;
    for Listed { group_name, .. } in listed.into_iter().filter(|listed| listed.name == *name) {
        let input = json!({ "Name": name, "GroupName": group_name });
        let schedule = client.ask("scheduler", "GetSchedule", &input).await;
        let schedule = schedule.map_err(at(Hop::Rule, "GetSchedule"))?;
        let text = |member: &str| schedule.get(member).and_then(Value::as_str).unwrap_or_default();
        if text("State") == "DISABLED" {
            candidates.others.push(format!("{name} is disabled"));
            continue;
        }
        match schedule.get("Target").and_then(started) {
            None => candidates.others.push(format!("{name} targets no function, no document, no runbook and no state machine")),
            Some((starts, dead_letters)) => candidates.found.push(Rule {
                input: schedule.get("Target").map(Value::to_string).unwrap_or_default(),
                logical: resource.logical.clone(),
                name: name.clone(),
                arn: text("Arn").to_owned(),
                schedule: format!("{} {}", text("ScheduleExpression"), text("ScheduleExpressionTimezone")),
                starts,
                by_role: true,
                dead_letters,
                window: None,
                cause: None,
            }),
        }
    }
    Ok(())
}

/// A window runs its first task; what the others do is seen when it has ended.
async fn opening(
    client: &DynamicClient,
    region: &str,
    resource: &Resource,
    window: Window,
    candidates: &mut Candidates,
) -> Result<(), HopFailure> {
    let name = window.name;
    if !window.enabled {
        candidates.others.push(format!("{name} is disabled"));
        return Ok(());
    }
    let tasks = window::tasks(client, &window.window_id).await?;
    let first = tasks.iter().find_map(|task| match task.kind.as_str() {
        "AUTOMATION" => Some(Starts::Automation(last_of(&task.task_arn).to_owned())),
        "RUN_COMMAND" => Some(Starts::Document(last_of(&task.task_arn).to_owned())),
        "STEP_FUNCTIONS" => Some(Starts::StateMachine(task.task_arn.clone())),
        "LAMBDA" => {
            Some(of_arn(&task.task_arn, None).unwrap_or(Starts::Function { name: task.task_arn.clone(), qualifier: None }))
        }
        _ => None,
    });
    let Some(starts) = first else {
        candidates.others.push(format!("{name} has no task"));
        return Ok(());
    };
    let id = window.window_id;
    let mut input = String::new();
    for task in &tasks {
        input.push_str(&window::task(client, &id, &task.window_task_id).await?.to_string());
    }
    candidates.found.push(Rule {
        input,
        logical: resource.logical.clone(),
        arn: Arn::new("ssm", region, &account(client).await?, format!("maintenancewindow/{id}")).to_string(),
        name,
        schedule: format!("{} {}", window.schedule, window.schedule_timezone).trim_end().to_owned(),
        starts,
        by_role: true,
        dead_letters: None,
        window: Some(id),
        cause: None,
    });
    Ok(())
}

/// An association of State Manager runs its document by itself.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-state.html>
async fn association(
    client: &DynamicClient,
    region: &str,
    resource: &Resource,
    (name, found): (&str, &Value),
    candidates: &mut Candidates,
) -> Result<(), HopFailure> {
    let text = |member: &str| found.pointer(&format!("/AssociationDescription/{member}")).and_then(Value::as_str);
    let Some(schedule) = text("ScheduleExpression") else {
        candidates.others.push(format!("{name} has no schedule"));
        return Ok(());
    };
    candidates.found.push(Rule {
        input: found.to_string(),
        logical: resource.logical.clone(),
        name: name.to_owned(),
        arn: Arn::new("ssm", region, &account(client).await?, format!("association/{}", resource.physical)).to_string(),
        schedule: schedule.to_owned(),
        starts: Starts::Document(last_of(text("Name").unwrap_or_default()).to_owned()),
        by_role: false,
        dead_letters: None,
        window: None,
        cause: None,
    });
    Ok(())
}

/// The account of the stack.
async fn account(client: &DynamicClient) -> Result<String, HopFailure> {
    let caller = client.ask("sts", "GetCallerIdentity", &json!({})).await;
    let caller = caller.map_err(at(Hop::Rule, "GetCallerIdentity"))?;
    Ok(caller.get("Account").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// The name in the ARN of a document, or the name itself.
fn last_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// What a target starts by its ARN and, where this names an operation, its input; nothing for ARNs of other kinds.
fn of_arn(arn: &str, input: Option<&str>) -> Option<Starts> {
    let resource = arn::resource_of(arn);
    match arn::service_of(arn) {
        "lambda" => {
            let mut parts = resource.strip_prefix("function:")?.split(':');
            Some(Starts::Function { name: parts.next()?.to_owned(), qualifier: parts.next().map(str::to_owned) })
        }
        "states" => resource.starts_with("stateMachine:").then(|| Starts::StateMachine(arn.to_owned())),
        "ssm" => match resource.split_once('/')? {
            ("document", name) => Some(Starts::Document(name.to_owned())),
            ("automation-definition", name) => Some(Starts::Automation(name.split(':').next()?.to_owned())),
            _ => None,
        },
        // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
        "scheduler" => {
            let input: Value = serde_json::from_str(input?).ok()?;
            let text = |member: &str| input.get(member).and_then(Value::as_str).map(str::to_owned);
            match resource {
                "aws-sdk:ssm:sendCommand" => text("DocumentName").map(Starts::Document),
                "aws-sdk:ssm:startAutomationExecution" => {
                    text("DocumentName").map(|name| Starts::Automation(last_of(&name).to_owned()))
                }
                "aws-sdk:sfn:startExecution" => text("StateMachineArn").map(Starts::StateMachine),
                "aws-sdk:lambda:invoke" => {
                    let name = text("FunctionName")?;
                    let named = of_arn(&name, None);
                    Some(named.unwrap_or(Starts::Function { name, qualifier: text("Qualifier") }))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// What a target starts, and the queue of what does not reach it.
fn started(target: &Value) -> Option<(Starts, Option<String>)> {
    let starts = of_arn(target.get("Arn")?.as_str()?, target.get("Input").and_then(Value::as_str))?;
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
        assert_eq!(of_arn(arn, None), Some(function(None)));
        assert_eq!(of_arn(&format!("{arn}:live"), None), Some(function(Some("live"))));
        let document = Some(Starts::Document("AWS-RunShellScript".to_owned()));
        assert_eq!(of_arn("arn:aws:ssm:us-east-1::document/AWS-RunShellScript", None), document);
        let runbook = Some(Starts::Automation("A".to_owned()));
        assert_eq!(of_arn("arn:aws:ssm:us-east-1::automation-definition/A:$DEFAULT", None), runbook);
        let machine = "arn:aws:states:us-east-1:1:stateMachine:m";
        assert_eq!(of_arn(machine, None), Some(Starts::StateMachine(machine.to_owned())));
        assert_eq!(of_arn("arn:aws:ssm:us-east-1:1:parameter/a", None), None);
        assert_eq!(of_arn("arn:aws:sqs:us-east-1:123456789012:queue", None), None);
        let operation = |name: &str, input: &str| of_arn(&format!("arn:aws:scheduler:::aws-sdk:{name}"), Some(input));
        assert_eq!(operation("ssm:sendCommand", r#"{"DocumentName": "AWS-RunShellScript"}"#), document);
        assert_eq!(operation("lambda:invoke", &format!(r#"{{"FunctionName": "{arn}:live"}}"#)), Some(function(Some("live"))));
        assert_eq!(operation("ssm:startAutomationExecution", r#"{"DocumentName": "A"}"#), runbook);
        let started = operation("sfn:startExecution", &format!(r#"{{"StateMachineArn": "{machine}"}}"#));
        assert_eq!(started, Some(Starts::StateMachine(machine.to_owned())));
        assert_eq!(operation("lambda:invoke", r#"{"FunctionName": "nightly"}"#), Some(function(None)));
        assert_eq!(operation("sqs:createQueue", "{}"), None);
    }
}
