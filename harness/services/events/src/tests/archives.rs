//! Archives and replays.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{QUEUE, World};

const BUS: &str = "arn:aws:events:us-east-1:111122223333:event-bus/default";
const ARCHIVE: &str = "arn:aws:events:us-east-1:111122223333:archive/kept";

async fn archive(world: &World) {
    let input =
        json!({ "ArchiveName": "kept", "EventSourceArn": BUS, "EventPattern": "{\"source\":[\"my.app\"]}", "RetentionDays": 1 });
    let made = world.ask("CreateArchive", input).await.expect("archive");
    assert_eq!((&made["ArchiveArn"], &made["State"]), (&json!(ARCHIVE), &json!("ENABLED")));
    world.ask("PutRule", json!({ "Name": "all", "EventPattern": "{\"source\":[{\"prefix\":\"\"}]}" })).await.expect("rule");
    world.ask("PutTargets", json!({ "Rule": "all", "Targets": [{ "Id": "t", "Arn": QUEUE }] })).await.expect("target");
}

async fn put(world: &World, source: &str) {
    let entry = json!({ "Source": source, "DetailType": "x", "Detail": "{}" });
    world.ask("PutEvents", json!({ "Entries": [entry] })).await.expect("event");
}

fn replay(world: &World, name: &str) -> Value {
    let now = world.region.clock().now();
    let (from, until) = (now - SignedDuration::from_hours(1), now + SignedDuration::from_hours(1));
    json!({ "ReplayName": name, "EventSourceArn": ARCHIVE, "EventStartTime": from.to_string(), "EventEndTime": until.to_string(),
        "Destination": { "Arn": BUS } })
}

#[tokio::test]
async fn an_archive_keeps_the_events_of_its_pattern_as_long_as_it_is_to() {
    let world = World::new();
    archive(&world).await;
    put(&world, "my.app").await;
    put(&world, "other").await;
    let described = world.ask("DescribeArchive", json!({ "ArchiveName": "kept" })).await.unwrap();
    assert_eq!((&described["EventCount"], &described["RetentionDays"]), (&json!(1), &json!(1)));
    world.pass(SignedDuration::from_hours(25));
    let listed = world.ask("ListArchives", json!({ "EventSourceArn": BUS })).await.unwrap();
    assert_eq!((&listed["Archives"][0]["EventCount"], &listed["Archives"][0]["SizeBytes"]), (&json!(0), &json!(0)));
    let error = world.ask("UpdateArchive", json!({ "ArchiveName": "kept" })).await.unwrap_err();
    assert_eq!(error.message, "At least one of EventPattern, RetentionDays or Description must be provided.");
    world.ask("UpdateArchive", json!({ "ArchiveName": "kept", "RetentionDays": 0 })).await.unwrap();
    world.ask("DeleteArchive", json!({ "ArchiveName": "kept" })).await.unwrap();
    let error = world.ask("DescribeArchive", json!({ "ArchiveName": "kept" })).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("ResourceNotFoundException", "Archive kept does not exist."));
}

#[tokio::test]
async fn a_replay_sends_archived_events_once_more_and_they_are_not_archived_again() {
    let world = World::new();
    archive(&world).await;
    put(&world, "my.app").await;
    world.events.quiet().await;
    let started = world.ask("StartReplay", replay(&world, "again")).await.unwrap();
    assert_eq!(started["State"], "STARTING");
    world.events.quiet().await;
    let seen = world.sqs.seen();
    assert_eq!(seen.len(), 2);
    let event: Value = serde_json::from_str(seen[1].2["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!((&event["replay-name"], &event["source"]), (&json!("again"), &json!("my.app")));
    let described = world.ask("DescribeReplay", json!({ "ReplayName": "again" })).await.unwrap();
    assert_eq!((&described["State"], &described["Destination"]), (&json!("COMPLETED"), &json!({ "Arn": BUS })));
    let kept = world.ask("DescribeArchive", json!({ "ArchiveName": "kept" })).await.unwrap();
    assert_eq!(kept["EventCount"], 1);
    let error = world.ask("CancelReplay", json!({ "ReplayName": "again" })).await.unwrap_err();
    assert_eq!(error.code, "IllegalStatusException");
}

#[tokio::test]
async fn a_replay_that_cannot_be_is_refused() {
    let world = World::new();
    archive(&world).await;
    world.ask("CreateEventBus", json!({ "Name": "orders" })).await.unwrap();
    world.ask("StartReplay", replay(&world, "taken")).await.unwrap();
    let with = |member: &str, value: Value| {
        let mut input = replay(&world, "r");
        input[member] = value;
        input
    };
    let before = json!((world.region.clock().now() - SignedDuration::from_hours(2)).to_string());
    for (input, code, message) in [
        (with("ReplayName", json!("taken")), "ResourceAlreadyExistsException", "Replay taken already exists."),
        (
            with("EventSourceArn", json!("arn:aws:events:us-east-1:111122223333:archive/x")),
            "ValidationException",
            "Parameter EventSourceArn is not valid. Reason: Archive x does not exist.",
        ),
        (
            with("EventEndTime", before),
            "ValidationException",
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
        ),
        (
            with("Destination", json!({ "Arn": "arn:aws:events:us-east-1:111122223333:event-bus/x" })),
            "ResourceNotFoundException",
            "Event bus x does not exist.",
        ),
        (
            with("Destination", json!({ "Arn": "arn:aws:events:us-east-1:111122223333:event-bus/orders" })),
            "ValidationException",
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
        ),
    ] {
        let error = world.ask("StartReplay", input).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, message));
    }
}
