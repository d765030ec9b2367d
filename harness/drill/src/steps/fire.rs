//! Fire: has the time of the rule that starts the backup come, or its event happen.

use std::time::SystemTime;

use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};
use crate::steps::observe::Before;
use crate::steps::rule::{Rule, Starts};
use crate::steps::{cause, function, schedule};
use crate::{FireBy, Hop, Local, Plan};

/// Has the rule's time come: by the clock of a local region, or as the plan says. What an event starts has that event happen.
pub(crate) async fn fire(
    client: &DynamicClient,
    plan: &Plan,
    local: Option<&dyn Local>,
    rule: &Rule,
    before: &Before,
) -> Result<String, HopFailure> {
    if let Some(event) = &rule.cause {
        return cause::bring_about(client, plan, local, event).await;
    }
    if let Some(local) = local {
        let fired = local.fire(&rule.arn).await;
        return fired.map_err(|reason| HopFailure::at(Hop::Rule, format!("{} cannot be fired: {reason}", rule.name)));
    }
    if rule.is_association() {
        return run_once(client, rule).await;
    }
    match plan.fire_by {
        FireBy::Schedule => schedule::hasten(client, plan, rule, before).await,
        FireBy::Invoke => invoke(client, plan, rule).await,
    }
}

/// Has an association run at once: no rate of State Manager is shorter than half an hour.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAssociationsOnce.html>
async fn run_once(client: &DynamicClient, rule: &Rule) -> Result<String, HopFailure> {
    let id = rule.arn.rsplit('/').next().unwrap_or_default();
    let started = client.ask("ssm", "StartAssociationsOnce", &json!({ "AssociationIds": [id] })).await;
    started.map_err(at(Hop::Rule, "StartAssociationsOnce"))?;
    Ok("State Manager runs it once; its own schedule was not tried".to_owned())
}

/// Invokes the function as EventBridge would: asynchronously, with the event of a schedule.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>
#[expect(clippy::disallowed_methods, reason = "where the clock cannot be moved, its time is the time")]
async fn invoke(client: &DynamicClient, plan: &Plan, rule: &Rule) -> Result<String, HopFailure> {
    let Starts::Function { name, .. } = &rule.starts else {
        let reason = format!("{} starts {}, and nothing can be invoked: drill with --fire schedule", rule.name, rule.starts);
        return Err(HopFailure::at(Hop::Rule, reason));
    };
    let now = aws_smithy_types::DateTime::from(SystemTime::now());
    let time = now.fmt(aws_smithy_types::date_time::Format::DateTime).unwrap_or_default();
    let account = nightproof_wire::arn::account_of(&rule.arn);
    let event = json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": time,
        "region": plan.endpoint.region,
        "resources": [rule.arn],
        "detail": {},
    });
    function::invoke(client, name, &event).await.map_err(at(Hop::Function, "Invoke"))?;
    Ok(format!("invoked {name} with the schedule's event; the rule itself was not tried"))
}
