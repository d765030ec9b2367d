//! What the event history shows, and what it leaves out.

use nightproof_core::{Caller, Region};
use nightproof_service_kms::Kms;
use nightproof_service_sqs::Sqs;
use serde_json::{Value, json};

use crate::records::CloudTrail;

async fn region() -> (Region, Caller) {
    let region = nightproof_test_region::region("111122223333", "/nonexistent");
    region.install(vec![("cloudtrail", CloudTrail::new()), ("kms", Kms::new()), ("sqs", Sqs::new())]);
    let root = Caller::root("111122223333");
    for number in 0..3 {
        region.call(&root, "kms", "CreateKey", json!({ "Description": number.to_string() })).await.unwrap();
    }
    let missing = region.call(&root, "kms", "DescribeKey", json!({ "KeyId": "gone" })).await;
    assert_eq!(missing.unwrap_err().code, "NotFoundException");
    let queue = region.call(&root, "sqs", "CreateQueue", json!({ "QueueName": "q" })).await.unwrap();
    region.call(&root, "sqs", "SendMessage", json!({ "QueueUrl": queue["QueueUrl"], "MessageBody": "b" })).await.unwrap();
    (region, root)
}

async fn names(region: &Region, caller: &Caller, input: Value) -> Vec<String> {
    let answer = region.call(caller, "cloudtrail", "LookupEvents", input).await.unwrap();
    answer["Events"].as_array().unwrap().iter().map(|event| event["EventName"].as_str().unwrap().to_owned()).collect()
}

fn by(key: &str, value: &str) -> Value {
    json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] })
}

#[tokio::test]
async fn the_latest_management_event_comes_first_and_no_data_event_comes() {
    let (region, root) = region().await;
    let all = names(&region, &root, json!({})).await;
    assert_eq!(all, ["CreateQueue", "DescribeKey", "CreateKey", "CreateKey", "CreateKey"]);
}

#[tokio::test]
async fn an_event_carries_its_whole_record() {
    let (region, root) = region().await;
    let answer = region.call(&root, "cloudtrail", "LookupEvents", by("EventName", "DescribeKey")).await.unwrap();
    let event = &answer["Events"][0];
    assert_eq!((&event["Username"], &event["ReadOnly"]), (&json!("root"), &json!("true")));
    assert_eq!(event["Resources"], json!([{ "ResourceType": "AWS::KMS::Key", "ResourceName": "gone" }]));
    let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!((&record["errorCode"], &record["eventID"]), (&json!("NotFoundException"), &event["EventId"]));
}

#[tokio::test]
async fn events_are_found_by_one_attribute() {
    let (region, root) = region().await;
    assert_eq!(names(&region, &root, by("ResourceType", "AWS::KMS::Key")).await, ["DescribeKey"]);
    assert_eq!(names(&region, &root, by("EventSource", "sqs.amazonaws.com")).await, ["CreateQueue"]);
    assert_eq!(names(&region, &root, by("ReadOnly", "false")).await.len(), 4);
    assert!(names(&region, &root, by("Username", "ann")).await.is_empty());
}

#[tokio::test]
async fn pages_join_without_gap_or_overlap_while_new_events_come() {
    let (region, root) = region().await;
    let mut found = Vec::new();
    let mut input = json!({ "MaxResults": 2, "EndTime": "2999-01-01T00:00:00Z" });
    loop {
        let answer = region.call(&root, "cloudtrail", "LookupEvents", input.clone()).await.unwrap();
        let events = answer["Events"].as_array().unwrap();
        found.extend(events.iter().map(|event| event["EventId"].clone()));
        match answer.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(found.len(), 5);
    found.dedup();
    assert_eq!(found.len(), 5);
}

#[tokio::test]
async fn another_account_sees_nothing() {
    let (region, _) = region().await;
    assert!(names(&region, &Caller::root("444455556666"), json!({})).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_refused() {
    let (region, root) = region().await;
    let two = json!({ "LookupAttributes": [
        { "AttributeKey": "EventName", "AttributeValue": "a" },
        { "AttributeKey": "Username", "AttributeValue": "b" },
    ] });
    let cases = [
        (two, "InvalidLookupAttributesException"),
        (by("Colour", "red"), "InvalidLookupAttributesException"),
        (json!({ "StartTime": "2026-01-02T00:00:00Z", "EndTime": "2026-01-01T00:00:00Z" }), "InvalidTimeRangeException"),
        (json!({ "NextToken": "nonsense" }), "InvalidNextTokenException"),
        (json!({ "EventCategory": "insight" }), "NotImplemented"),
    ];
    for (input, code) in cases {
        let refused = region.call(&root, "cloudtrail", "LookupEvents", input.clone()).await;
        assert_eq!(refused.unwrap_err().code, code, "{input}");
    }
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("cloudtrail", CloudTrail::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
