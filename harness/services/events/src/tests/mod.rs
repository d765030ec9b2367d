mod archives;
mod buses;
mod connections;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::Members as _;
use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_kinesis::Kinesis;
use nightproof_service_sts::Sts;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::records::Events;
use crate::rule::Counted;

/// How long a test waits for an event that takes milliseconds on an idle machine.
const BOUND: Duration = Duration::from_secs(20);

const ACCOUNT: &str = "111122223333";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:backup";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:dead";

/// Stands in for a service: records its calls, and returns the replies it was given.
#[derive(Default)]
struct Double {
    calls: Mutex<Vec<(String, Option<String>, Value)>>,
    error: Mutex<Option<AwsError>>,
}

#[async_trait]
impl Service for Double {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.calls.lock().push((operation.to_owned(), call.caller.source_arn.clone(), input));
        match self.error.lock().clone() {
            Some(error) => Err(error),
            None if operation == "Invoke" => Ok(json!({ "StatusCode": 202 }).into()),
            None if operation.contains("Secret") => Ok(json!({ "ARN": SECRET }).into()),
            None => Ok(json!({ "MessageId": "m", "MD5OfMessageBody": "d" }).into()),
        }
    }
}

impl Double {
    fn seen(&self) -> Vec<(String, Option<String>, Value)> {
        self.calls.lock().clone()
    }
}

/// The metrics of the rule `nightly`.
#[derive(Debug, Default, PartialEq)]
struct RuleMetrics {
    triggered_rules: usize,
    invocations: usize,
    failed_invocations: usize,
    dead_letter_invocations: usize,
    lost_invocations: usize,
}

struct World {
    region: Region,
    events: Arc<Events>,
    lambda: Arc<Double>,
    sqs: Arc<Double>,
}

impl World {
    fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let (events, lambda, sqs) = (Events::new(), Arc::new(Double::default()), Arc::new(Double::default()));
        region.install(vec![
            ("events", Arc::clone(&events) as Arc<dyn Service>),
            ("lambda", Arc::clone(&lambda) as Arc<dyn Service>),
            ("sqs", Arc::clone(&sqs) as Arc<dyn Service>),
        ]);
        Self { region, events, lambda, sqs }
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), "events", operation, input).await
    }

    async fn rule(&self, schedule: &str, target: Value) {
        self.ask("PutRule", json!({ "Name": "nightly", "ScheduleExpression": schedule })).await.expect("rule");
        let mut full = json!({ "Id": "t", "Arn": FUNCTION });
        full.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
        self.ask("PutTargets", json!({ "Rule": "nightly", "Targets": [full] })).await.expect("target");
    }

    fn metrics(&self) -> RuleMetrics {
        let metrics = self.region.metrics();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let count = |counted: Counted| {
            metrics.total(&Metric::by(ACCOUNT, "AWS/Events", counted.metric(), "RuleName", "nightly")) as usize
        };
        RuleMetrics {
            triggered_rules: count(Counted::Triggered),
            invocations: count(Counted::Invocation),
            failed_invocations: count(Counted::Failed),
            dead_letter_invocations: count(Counted::DeadLetter),
            lost_invocations: count(Counted::Lost),
        }
    }

    async fn until(&self, what: &str, met: impl Fn() -> bool) {
        let seen = nightproof_poll::until(BOUND, || async { if met() { Ok(()) } else { Err(self.metrics()) } });
        seen.await.unwrap_or_else(|metrics| panic!("{what} not seen; metrics {metrics:?}"));
    }

    fn pass(&self, time: SignedDuration) -> Timestamp {
        let to = self.region.clock().now() + time;
        self.region.clock().advance_to(to);
        to
    }
}

#[tokio::test]
async fn a_schedule_invokes_its_function_with_the_scheduled_event() {
    let world = World::new();
    world.rule("cron(0 3 * * ? *)", json!({})).await;
    let due = world.events.next_occurrence(ACCOUNT, "nightly", world.region.clock().now()).unwrap();
    assert!(world.lambda.seen().is_empty());
    world.region.clock().advance_to(due);
    world.until("invocation", || !world.lambda.seen().is_empty()).await;
    let (operation, source, input) = world.lambda.seen().remove(0);
    assert_eq!(operation, "Invoke");
    assert_eq!(source.as_deref(), Some("arn:aws:events:us-east-1:111122223333:rule/nightly"));
    assert_eq!(input.text("InvocationType"), Some("Event"));
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::STANDARD.decode(input.required("Payload")).unwrap();
    let mut event: Value = serde_json::from_slice(&payload).unwrap();
    event.as_object_mut().unwrap().remove("id").unwrap();
    assert_eq!(
        event,
        json!({
            "version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": ACCOUNT, "time": due.to_string(),
            "region": "us-east-1", "resources": ["arn:aws:events:us-east-1:111122223333:rule/nightly"], "detail": {},
        })
    );
}

#[tokio::test]
async fn a_rate_first_fires_after_one_period_and_then_each_period() {
    let world = World::new();
    world.rule("rate(5 minutes)", json!({})).await;
    world.pass(SignedDuration::from_mins(4));
    tokio::task::yield_now().await;
    assert_eq!(world.metrics().triggered_rules, 0);
    world.pass(SignedDuration::from_secs(61));
    world.until("first", || world.metrics().triggered_rules == 1).await;
    world.pass(SignedDuration::from_mins(5));
    world.until("second", || world.metrics().triggered_rules == 2).await;
}

#[tokio::test]
async fn one_jump_over_many_occurrences_fires_the_one_that_is_due() {
    let world = World::new();
    world.rule("rate(1 minute)", json!({})).await;
    world.pass(SignedDuration::from_hours(24));
    world.until("fired", || world.metrics().triggered_rules == 1).await;
    world.until("invoked", || world.lambda.seen().len() == 1).await;
}

#[tokio::test]
async fn a_disabled_rule_does_not_fire() {
    let world = World::new();
    world.rule("rate(1 minute)", json!({})).await;
    world.ask("DisableRule", json!({ "Name": "nightly" })).await.unwrap();
    world.pass(SignedDuration::from_hours(1));
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.metrics(), RuleMetrics::default());
    world.ask("EnableRule", json!({ "Name": "nightly" })).await.unwrap();
    world.pass(SignedDuration::from_mins(1));
    world.until("fired", || world.metrics().triggered_rules == 1).await;
}

#[tokio::test]
async fn a_missing_permission_sends_the_event_to_the_dead_letter_queue_at_once() {
    let world = World::new();
    *world.lambda.error.lock() = Some(AwsError::new("AccessDeniedException", 403, "no"));
    world.rule("rate(1 minute)", json!({ "DeadLetterConfig": { "Arn": QUEUE } })).await;
    world.pass(SignedDuration::from_mins(1));
    world.until("dead letter", || world.metrics().dead_letter_invocations == 1).await;
    assert_eq!(world.metrics().invocations, 1);
    assert_eq!(world.metrics().failed_invocations, 1);
    let seen = world.sqs.seen();
    // A queue's policy need not let EventBridge do anything but this.
    assert_eq!(seen.iter().map(|(operation, ..)| operation.as_str()).collect::<Vec<_>>(), ["SendMessage"]);
    let (_, source, message) = &seen[0];
    assert_eq!(source.as_deref(), Some("arn:aws:events:us-east-1:111122223333:rule/nightly"));
    assert_eq!(message["QueueUrl"], "https://sqs.us-east-1.amazonaws.com/111122223333/dead");
    let attribute = |name: &str| message["MessageAttributes"][name]["StringValue"].as_str().map(str::to_owned);
    assert_eq!(attribute("ERROR_CODE").as_deref(), Some("NO_PERMISSIONS"));
    assert_eq!((attribute("ERROR_MESSAGE").as_deref(), attribute("RETRY_ATTEMPTS").as_deref()), (Some("no"), Some("0")));
    assert_eq!(attribute("EXHAUSTED_RETRY_CONDITION"), None);
    assert_eq!(attribute("TARGET_ARN").as_deref(), Some(FUNCTION));
    assert_eq!(attribute("RULE_ARN").as_deref(), Some("arn:aws:events:us-east-1:111122223333:rule/nightly"));
}

#[tokio::test]
async fn an_event_that_its_dead_letter_queue_does_not_take_is_counted_as_lost() {
    let world = World::new();
    for service in [&world.lambda, &world.sqs] {
        *service.error.lock() = Some(AwsError::new("AccessDeniedException", 403, "no"));
    }
    world.rule("rate(1 minute)", json!({ "DeadLetterConfig": { "Arn": QUEUE } })).await;
    world.pass(SignedDuration::from_mins(1));
    world.until("loss", || world.metrics().lost_invocations == 1).await;
    assert_eq!((world.metrics().failed_invocations, world.metrics().dead_letter_invocations), (1, 0));
}

#[tokio::test]
async fn throttling_is_retried_on_region_time_as_often_as_the_policy_says() {
    let world = World::new();
    *world.lambda.error.lock() = Some(AwsError::new("TooManyRequestsException", 429, "busy"));
    let policy = json!({ "RetryPolicy": { "MaximumRetryAttempts": 2 }, "DeadLetterConfig": { "Arn": QUEUE } });
    world.rule("cron(0 3 * * ? *)", policy).await;
    let due = world.events.next_occurrence(ACCOUNT, "nightly", world.region.clock().now()).unwrap();
    world.region.clock().advance_to(due);
    for attempt in 1..=3 {
        world.until("attempt", || world.metrics().invocations == attempt).await;
        world.pass(SignedDuration::from_mins(11));
    }
    world.until("dead letter", || world.metrics().dead_letter_invocations == 1).await;
    let (_, _, message) = world.sqs.seen().remove(0);
    assert_eq!(message["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"], "MaximumRetryAttempts");
    assert_eq!(message["MessageAttributes"]["RETRY_ATTEMPTS"]["StringValue"], "2");
}

#[tokio::test]
async fn a_rule_with_targets_cannot_be_deleted() {
    let world = World::new();
    world.rule("rate(1 minute)", json!({})).await;
    let error = world.ask("DeleteRule", json!({ "Name": "nightly" })).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("ValidationException", "Rule can't be deleted since it has targets.")
    );
    world.ask("RemoveTargets", json!({ "Rule": "nightly", "Ids": ["t"] })).await.unwrap();
    world.ask("DeleteRule", json!({ "Name": "nightly" })).await.unwrap();
    assert_eq!(world.ask("DescribeRule", json!({ "Name": "nightly" })).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_stream_gets_each_event_as_a_record_with_a_part_of_it_as_its_key() {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    let iam = Iam::new();
    let sts = Sts::new(Arc::clone(&iam));
    region.install(vec![
        ("events", Events::new() as Arc<dyn Service>),
        ("iam", iam as Arc<dyn Service>),
        ("kinesis", Kinesis::new() as Arc<dyn Service>),
        ("sts", sts as Arc<dyn Service>),
    ]);
    let call = |service: &'static str, operation: &'static str, input: Value| {
        let region = region.clone();
        async move { region.call(&Caller::root(ACCOUNT), service, operation, input).await.unwrap() }
    };
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()});
    let role = call("iam", "CreateRole", role).await["Role"]["Arn"].clone();
    call("kinesis", "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    region.clock().advance_to(region.clock().now() + SignedDuration::from_secs(2));
    call("events", "PutRule", json!({"Name": "r", "EventPattern": "{\"source\":[\"my.app\"]}"})).await;
    let target = json!({
        "Id": "s", "Arn": format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"), "RoleArn": role,
        "KinesisParameters": {"PartitionKeyPath": "$.detail-type"},
    });
    call("events", "PutTargets", json!({"Rule": "r", "Targets": [target]})).await;
    call("events", "PutEvents", json!({"Entries": [{"Source": "my.app", "DetailType": "done", "Detail": "{}"}]})).await;

    let begin = json!({"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = call("kinesis", "GetShardIterator", begin).await["ShardIterator"].clone();
    let got = nightproof_poll::until(BOUND, || async {
        let answer = call("kinesis", "GetRecords", json!({"ShardIterator": iterator})).await;
        answer["Records"].get(0).cloned().ok_or(())
    });
    let record = got.await.expect("a record");
    assert_eq!(record["PartitionKey"], "done");
    let data = base64::engine::general_purpose::STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&data).unwrap()["source"], "my.app");
}

#[tokio::test]
async fn targets_of_other_kinds_and_other_buses_are_refused() {
    let world = World::new();
    world.rule("rate(1 minute)", json!({})).await;
    let stream = json!({ "Rule": "nightly", "Targets": [{ "Id": "s", "Arn": "arn:aws:firehose:us-east-1:111122223333:deliverystream/s" }] });
    let error = world.ask("PutTargets", stream).await.unwrap_err();
    assert_eq!(error.code, "NotImplemented");
    assert!(error.message.contains("firehose"), "{}", error.message);
    let stream =
        json!({ "Rule": "nightly", "Targets": [{ "Id": "s", "Arn": "arn:aws:kinesis:us-east-1:111122223333:stream/s" }] });
    let error = world.ask("PutTargets", stream).await.unwrap_err();
    assert!(error.message.contains("RoleArn is required"), "{}", error.message);
    let topic = "arn:aws:sns:us-east-1:111122223333:topic";
    let by_role = json!({ "Id": "s", "Arn": topic, "RoleArn": "arn:aws:iam::111122223333:role/r" });
    let error = world.ask("PutTargets", json!({ "Rule": "nightly", "Targets": [by_role] })).await.unwrap_err();
    assert!(error.message.contains("RoleArn is not supported"), "{}", error.message);
    let other = json!({ "Name": "x", "ScheduleExpression": "rate(1 minute)", "EventBusName": "mine" });
    assert_eq!(world.ask("PutRule", other).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn an_event_reaches_the_rules_whose_pattern_it_matches() {
    let world = World::new();
    let pattern = json!({ "Name": "nightly", "EventPattern": "{\"source\":[\"my.app\"]}" });
    world.ask("PutRule", pattern).await.unwrap();
    world.ask("PutTargets", json!({ "Rule": "nightly", "Targets": [{ "Id": "t", "Arn": FUNCTION }] })).await.unwrap();
    let entry = |source: &str| json!({ "Entries": [{ "Source": source, "DetailType": "x", "Detail": "{}" }] });
    world.ask("PutEvents", entry("other")).await.unwrap();
    world.ask("PutEvents", entry("my.app")).await.unwrap();
    world.until("invoked", || world.lambda.seen().len() == 1).await;
    assert_eq!(world.metrics().triggered_rules, 1);
}

#[tokio::test]
async fn a_pattern_is_tested_against_an_event_that_is_whole() {
    let world = World::new();
    let event = json!({ "id": "1", "account": ACCOUNT, "source": "my.app", "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail-type": "x", "detail": { "n": 5 } });
    let test = async |pattern: Value, event: &Value| {
        let input = json!({ "EventPattern": pattern.to_string(), "Event": event.to_string() });
        world.ask("TestEventPattern", input).await
    };
    let pattern = json!({ "detail": { "n": [{ "numeric": [">", 4] }] } });
    assert_eq!(test(pattern.clone(), &event).await.unwrap()["Result"], true);
    assert_eq!(test(json!({ "source": ["other"] }), &event).await.unwrap()["Result"], false);
    let without = |member: &str| {
        let mut partial = event.clone();
        partial.as_object_mut().unwrap().remove(member);
        partial
    };
    assert_eq!(test(pattern.clone(), &without("resources")).await.unwrap()["Result"], true);
    for partial in [without("id"), json!(["x"]), json!("x")] {
        let error = test(pattern.clone(), &partial).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.message.as_str()), ("ValidationException", "Parameter Event is not valid."));
    }
    assert_eq!(test(json!({ "source": "my.app" }), &event).await.unwrap_err().code, "InvalidEventPatternException");
}

#[tokio::test]
async fn events_that_are_too_big_together_are_refused() {
    let world = World::new();
    let entry = |bytes: usize| {
        let detail = json!({ "payload": "p".repeat(bytes) }).to_string();
        json!({ "Source": "s", "DetailType": "t", "Detail": detail })
    };
    world.ask("PutEvents", json!({ "Entries": [entry(130_000), entry(130_000)] })).await.unwrap();
    let error = world.ask("PutEvents", json!({ "Entries": [entry(130_000), entry(133_000)] })).await.unwrap_err();
    assert_eq!(error.message, "Total size of the entries in the request is over the limit.");
}

#[tokio::test]
async fn an_event_that_is_too_old_for_its_next_attempt_says_so() {
    let world = World::new();
    *world.lambda.error.lock() = Some(AwsError::new("ServiceException", 500, "down"));
    let policy = json!({ "RetryPolicy": { "MaximumEventAgeInSeconds": 60 }, "DeadLetterConfig": { "Arn": QUEUE } });
    world.rule("cron(0 3 * * ? *)", policy).await;
    let due = world.events.next_occurrence(ACCOUNT, "nightly", world.region.clock().now()).unwrap();
    world.region.clock().advance_to(due);
    world.until("first attempt", || world.metrics().invocations == 1).await;
    world.pass(SignedDuration::from_secs(61));
    world.until("dead letter", || world.metrics().dead_letter_invocations == 1).await;
    let (_, _, message) = world.sqs.seen().remove(0);
    let attributes = &message["MessageAttributes"];
    assert_eq!(attributes["EXHAUSTED_RETRY_CONDITION"]["StringValue"], "MaximumEventAgeInSeconds");
    assert_eq!(attributes["ERROR_CODE"]["StringValue"], "ERROR_FROM_TARGET");
}

#[tokio::test]
async fn targets_are_listed_as_they_were_put() {
    let world = World::new();
    world.rule("rate(1 minute)", json!({})).await;
    let all = json!([
        { "Id": "a", "Arn": FUNCTION, "Input": "{}", "RetryPolicy": { "MaximumRetryAttempts": 0 }, "DeadLetterConfig": {} },
        { "Id": "b", "Arn": QUEUE, "RoleArn": "arn:aws:iam::111122223333:role/r", "SqsParameters": { "MessageGroupId": "g" },
          "InputTransformer": { "InputPathsMap": { "n": "$.detail" }, "InputTemplate": "<n>" } },
        { "Id": "c", "Arn": QUEUE, "InputPath": "$.detail", "DeadLetterConfig": { "Arn": QUEUE },
          "RetryPolicy": { "MaximumEventAgeInSeconds": 60 }, "SqsParameters": {} },
        { "Id": "t", "Arn": FUNCTION },
    ]);
    world.ask("PutTargets", json!({ "Rule": "nightly", "Targets": all })).await.unwrap();
    assert_eq!(world.ask("ListTargetsByRule", json!({ "Rule": "nightly" })).await.unwrap()["Targets"], all);
    let page = world.ask("ListTargetsByRule", json!({ "Rule": "nightly", "Limit": 3 })).await.unwrap();
    let rest = json!({ "Rule": "nightly", "NextToken": page["NextToken"] });
    assert_eq!(world.ask("ListTargetsByRule", rest).await.unwrap(), json!({ "Targets": [{ "Id": "t", "Arn": FUNCTION }] }));
}

#[tokio::test]
async fn a_target_with_members_for_other_kinds_is_refused_by_their_names() {
    let world = World::new();
    world.rule("rate(1 minute)", json!({})).await;
    let target = json!({ "Id": "s", "Arn": QUEUE, "HttpParameters": { "PathParameterValues": ["p"] } });
    let error = world.ask("PutTargets", json!({ "Rule": "nightly", "Targets": [target] })).await.unwrap_err();
    assert_eq!(error.code, "NotImplemented");
    assert!(error.message.contains("PutTargets with Targets.0.HttpParameters"), "{error}");
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("events", Events::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
