//! Runtimes that AWS blocks, and those that it does not know.

use jiff::Timestamp;
use nightproof_journal::{Event, RUNTIME_LIFECYCLE};
use serde_json::json;

use super::{World, new, with};
use crate::records::Lambda;

fn of_runtime(name: &str, runtime: &str) -> serde_json::Value {
    with(new(name), &json!({ "Runtime": runtime }))
}

fn findings(world: &World) -> Vec<String> {
    let records = world.region.journal().records();
    let findings = records.into_iter().filter_map(|record| match record.event {
        Event::Finding { id, detail } if id == RUNTIME_LIFECYCLE => Some(detail),
        _ => None,
    });
    findings.collect()
}

fn at(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

#[tokio::test]
async fn new_functions_of_a_blocked_runtime_are_refused_in_awss_words() {
    let world = World::new().await;
    let refused = world.ask("CreateFunction", of_runtime("f", "java8")).await.unwrap_err();
    assert_eq!(
        refused.message,
        "The runtime parameter of java8 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
    );
    let unknown = world.ask("CreateFunction", of_runtime("f", "PYTHON3.9")).await.unwrap_err();
    assert!(unknown.message.starts_with(
        "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, "
    ));
    assert!(unknown.message.ends_with("] or be a valid ARN"), "{unknown}");
}

#[tokio::test]
async fn a_block_goes_by_the_regions_clock_and_is_told_before_it_comes() {
    let world = World::new().await;
    world.region.clock().advance_to(at("2027-01-15"));
    world.ask("CreateFunction", of_runtime("f", "python3.10")).await.unwrap();
    world.settled("f").await;
    let told =
        "function f: AWS creates no functions of the runtime python3.10 from 2027-02-01 on, and updates none from 2027-03-03 on";
    assert_eq!(findings(&world), [told]);
    world.region.clock().advance_to(at("2027-02-01"));
    assert!(
        world.ask("CreateFunction", of_runtime("g", "python3.10")).await.unwrap_err().message.contains("no longer supported")
    );
    let update = json!({ "FunctionName": "f", "Timeout": 9 });
    world.ask("UpdateFunctionConfiguration", update.clone()).await.unwrap();
    world.settled("f").await;
    world.region.clock().advance_to(at("2027-03-03"));
    assert!(world.ask("UpdateFunctionConfiguration", update).await.unwrap_err().message.contains("no longer supported"));
}

#[tokio::test]
async fn a_stack_that_exists_already_is_rehearsed_and_the_block_is_a_finding() {
    let world = World::with(Lambda::with_runtimes(None, true)).await;
    world.ask("CreateFunction", of_runtime("f", "python3.7")).await.unwrap();
    let told =
        "function f: AWS creates no functions of the runtime python3.7 since 2024-01-09, and updates none from 2027-03-03 on";
    assert_eq!(findings(&world), [told]);
}

#[tokio::test]
async fn a_runtime_that_no_machine_runs_is_kept_and_refused_when_it_is_to_run() {
    let world = World::new().await;
    world.ask("CreateFunction", of_runtime("f", "java21")).await.unwrap();
    world.settled("f").await;
    let refused = world.ask("Invoke", json!({ "FunctionName": "f" })).await.unwrap_err();
    assert_eq!(refused.code, "NotImplemented");
    assert!(refused.message.contains("execution of functions of the runtime java21"), "{refused}");
}
