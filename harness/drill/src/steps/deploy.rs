//! Deploy: creates the stack and finds out what is in it.

use std::collections::BTreeSet;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::account::stack;
use crate::chain::failure::{HopFailure, at};
use crate::evidence::not_supported;
use crate::steps::review;
use crate::steps::reviewer::{ResourceEvent, Review};
use crate::{FailurePoint, Hop, Plan};

const BOUND: Duration = Duration::from_secs(900);

/// Creates the stack `name`, after a review if the plan wants one, and waits until it stands.
pub(crate) async fn deploy(client: &DynamicClient, plan: &Plan, name: &str) -> Result<Resources, HopFailure> {
    match &plan.review {
        None => create(client, plan, name).await?,
        Some(review) => {
            let changes = review::create(client, plan, name).await?;
            if !review.approve(name, &changes).await {
                return Err(HopFailure::at(FailurePoint::Drill, "the change set was not approved"));
            }
            review::execute(client, name).await?;
        }
    }
    let told = Mutex::new(BTreeSet::new());
    let ended = nightproof_poll::try_until(BOUND, || async {
        if let Some(review) = &plan.review {
            tell(client, name, review.as_ref(), &told).await;
        }
        let found = stack::describe(client, name).await.map_err(at(Hop::Stack, "DescribeStacks"))?;
        let Some(stack) = found else { return Ok(Err("no such stack".to_owned())) };
        Ok::<_, HopFailure>(match stack.stack_status.as_str() {
            "CREATE_COMPLETE" => Ok(true),
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "DELETE_COMPLETE" => Ok(false),
            _ => Err(stack.stack_status),
        })
    })
    .await?;
    match ended {
        Ok(true) => {
            protect(client, plan, name).await?;
            Resources::load(client, name).await
        }
        Ok(false) => Err(failed(client, plan, name).await),
        Err(seen) => Err(HopFailure::at(Hop::Stack, format!("{name} is {seen} after {} s", BOUND.as_secs()))),
    }
}

async fn create(client: &DynamicClient, plan: &Plan, name: &str) -> Result<(), HopFailure> {
    let created = client.ask("cloudformation", "CreateStack", &review::input(client, plan, name).await?).await;
    created.map(drop).map_err(at(Hop::Stack, "CreateStack"))
}

/// Gives the stack the policy that the plan has for it.
async fn protect(client: &DynamicClient, plan: &Plan, name: &str) -> Result<(), HopFailure> {
    let Some(policy) = &plan.provisions.policy else { return Ok(()) };
    let input = json!({ "StackName": name, "StackPolicyBody": policy.to_string() });
    client.ask("cloudformation", "SetStackPolicy", &input).await.map(drop).map_err(at(Hop::Stack, "SetStackPolicy"))
}

/// Tells the reviewer of the events that he has not been told of. What cannot be asked for now is told later.
async fn tell(client: &DynamicClient, stack: &str, review: &dyn Review, told: &Mutex<BTreeSet<String>>) {
    let events = review::events(client, stack).await.unwrap_or_default();
    let mut told = told.lock();
    for event in events.iter().rev() {
        if told.insert(event.id.clone()) {
            review.follow(event);
        }
    }
}

/// Why the stack does not stand: the first resource that failed, with its own reason; what a local region lacks, if that is why all failed.
async fn failed(client: &DynamicClient, plan: &Plan, name: &str) -> HopFailure {
    let events = match review::events(client, name).await {
        Ok(events) => events,
        Err(error) => return HopFailure::at(Hop::Stack, format!("{name} failed, and {error}")),
    };
    // Events come newest first.
    let is_failure = |event: &&ResourceEvent| event.status.ends_with("_FAILED");
    let by_others = |event: &&ResourceEvent| !event.reason.as_deref().unwrap_or_default().contains("creation cancelled");
    let failed: Vec<&ResourceEvent> = events.iter().rev().filter(is_failure).collect();
    let reason = |event: &ResourceEvent| event.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
    let described = |event: &&ResourceEvent| format!("{} ({}): {}", event.logical_id, event.kind, reason(event));
    let lacking: Vec<Vec<String>> = failed
        .iter()
        .copied()
        // What could not be removed afterwards is no reason.
        .filter(|event| event.status == "CREATE_FAILED" && by_others(event))
        .map(|event| not_supported::in_reason(&event.logical_id, &reason(event), &plan.template))
        .collect();
    let all_lacking = if lacking.iter().any(Vec::is_empty) { Vec::new() } else { lacking.concat() };
    let first = failed.iter().copied().find(by_others).or_else(|| failed.first().copied());
    // An import that nobody exports fails the stack before there is a resource.
    let of_stack = events.iter().rev().find(|event| event.status == "ROLLBACK_IN_PROGRESS" && event.reason.is_some());
    let untold = || match of_stack {
        Some(event) => format!("{name} was rolled back: {}", reason(event)),
        None => format!("{name} was rolled back without a reason"),
    };
    let why = first.as_ref().map_or_else(untold, described);
    let all: Vec<String> = failed.iter().map(described).collect();
    HopFailure::at(Hop::Stack, why).with("failed resources", &all.join("\n")).for_lack_of(all_lacking)
}
