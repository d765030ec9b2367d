//! Asynchronous invocations of functions that run in machines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::lambda::{ACCOUNT, Cloud, cloud};

const FAILS: &str = "def handler(event, context):\n    print('tried')\n    raise ValueError('bad')\n";

impl Cloud {
    async fn queue(&self, name: &str) -> Value {
        self.call("sqs", "CreateQueue", json!({ "QueueName": name })).await["QueueUrl"].clone()
    }

    async fn send(&self, function: &str, event: &Value) {
        let payload = STANDARD.encode(event.to_string());
        let answer = self
            .call("lambda", "Invoke", json!({ "FunctionName": function, "InvocationType": "Event", "Payload": payload }))
            .await;
        assert_eq!(answer["StatusCode"], 202);
    }

    async fn outcomes(&self, function: &str, more: Value) {
        let mut input = json!({ "FunctionName": function });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.call("lambda", "PutFunctionEventInvokeConfig", input).await;
    }

    fn pass(&self, time: SignedDuration) {
        let clock = self.embedded.region.clock();
        clock.advance_to(clock.now() + time);
    }

    /// Waits for a message while region time passes: when a pause has begun cannot be seen, so it may be late, and not early.
    async fn received_in_time(&self, queue: &Value) -> Value {
        let received = nightproof_poll::until(crate::BOUND, || async {
            let mut answer =
                self.call("sqs", "ReceiveMessage", json!({ "QueueUrl": queue, "MessageAttributeNames": ["All"] })).await;
            let message = answer["Messages"].as_array_mut().and_then(Vec::pop);
            if message.is_none() {
                self.pass(SignedDuration::from_secs(20));
            }
            message.ok_or(answer)
        });
        received.await.unwrap_or_else(|answer| panic!("no message came to {queue}: {answer}"))
    }

    /// Waits until the function's log has `count` lines with `text`.
    async fn logged(&self, function: &str, text: &str, count: usize) {
        let logged = nightproof_poll::until(crate::BOUND, || async {
            let seen = self.logs(function).await;
            if seen.iter().filter(|line| line.contains(text)).count() >= count { Ok(()) } else { Err(seen) }
        });
        logged.await.unwrap_or_else(|seen| panic!("`{text}` was not logged {count} times: {seen:?}"));
    }
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}")
}

fn body(message: &Value) -> Value {
    serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_is_retried_after_one_and_two_minutes_and_then_told() {
    let cloud = cloud().await;
    let (failures, dead) = (cloud.queue("failures").await, cloud.queue("dead").await);
    cloud.function("fn", FAILS).await;
    let queue = json!({ "FunctionName": "fn", "DeadLetterConfig": { "TargetArn": arn("sqs", "dead") } });
    cloud.call("lambda", "UpdateFunctionConfiguration", queue).await;
    cloud.settled("fn").await;
    cloud.outcomes("fn", json!({ "DestinationConfig": { "OnFailure": { "Destination": arn("sqs", "failures") } } })).await;
    cloud.send("fn", &json!({ "n": 1 })).await;
    let record = body(&cloud.received_in_time(&failures).await);
    let context = &record["requestContext"];
    assert_eq!(context["condition"], "RetriesExhausted");
    assert_eq!(
        (&context["approximateInvokeCount"], &context["functionArn"]),
        (&json!(3), &json!(arn("lambda", "function:fn:$LATEST")))
    );
    assert_eq!((&record["version"], &record["requestPayload"]), (&json!("1.0"), &json!({ "n": 1 })));
    assert_eq!(
        record["responseContext"],
        json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" })
    );
    assert_eq!(
        (&record["responsePayload"]["errorType"], &record["responsePayload"]["errorMessage"]),
        (&json!("ValueError"), &json!("bad"))
    );
    let letter = cloud.received(&dead).await;
    assert_eq!(body(&letter), json!({ "n": 1 }));
    let attribute = |name: &str| letter["MessageAttributes"][name]["StringValue"].clone();
    assert_eq!((attribute("ErrorCode"), attribute("ErrorMessage")), (json!("200"), json!("bad")));
    assert_eq!(attribute("RequestID"), context["requestId"]);
    let input = json!({ "logGroupName": "/aws/lambda/fn", "filterPattern": "\"START RequestId\"" });
    let starts = cloud.call("logs", "FilterLogEvents", input).await;
    let starts: Vec<i64> =
        starts["events"].as_array().unwrap().iter().map(|event| event["timestamp"].as_i64().unwrap()).collect();
    assert_eq!(starts.len(), 3);
    assert!(starts[1] - starts[0] >= 60_000 && starts[2] - starts[1] >= 120_000, "{starts:?}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_runs_the_code_of_its_own_time() {
    let cloud = cloud().await;
    let successes = cloud.queue("successes").await;
    cloud.function("fn", FAILS).await;
    cloud.outcomes("fn", json!({ "DestinationConfig": { "OnSuccess": { "Destination": arn("sqs", "successes") } } })).await;
    cloud.send("fn", &json!({})).await;
    cloud.logged("fn", "REPORT RequestId", 1).await;
    cloud.update("fn", "def handler(event, context):\n    return 'mended'\n").await;
    let record = body(&cloud.received_in_time(&successes).await);
    assert_eq!((&record["requestContext"]["condition"], &record["responsePayload"]), (&json!("Success"), &json!("mended")));
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(record["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_reach_functions_and_the_event_bus() {
    let cloud = cloud().await;
    let ruled = cloud.queue("ruled").await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" },
        "Action": "sqs:SendMessage", "Resource": arn("sqs", "ruled") }] });
    let attributes = json!({ "QueueUrl": ruled, "Attributes": { "Policy": policy.to_string() } });
    cloud.call("sqs", "SetQueueAttributes", attributes).await;
    let pattern = json!({ "source": ["lambda"], "detail": { "requestContext": { "condition": ["RetriesExhausted"] } } });
    cloud.call("events", "PutRule", json!({ "Name": "failed", "EventPattern": pattern.to_string() })).await;
    let target = json!({ "Rule": "failed", "Targets": [{ "Id": "q", "Arn": arn("sqs", "ruled") }] });
    cloud.call("events", "PutTargets", target).await;
    cloud.function("after", "def handler(event, context):\n    print('after', event['responsePayload'])\n").await;
    cloud
        .function("fn", "def handler(event, context):\n    if event['fail']: raise ValueError('bad')\n    return 'good'\n")
        .await;
    let destinations = json!({
        "OnSuccess": { "Destination": arn("lambda", "function:after") }, "OnFailure": { "Destination": arn("events", "event-bus/default") },
    });
    cloud.outcomes("fn", json!({ "MaximumRetryAttempts": 0, "DestinationConfig": destinations })).await;
    cloud.send("fn", &json!({ "fail": false })).await;
    cloud.logged("after", "after good", 1).await;
    cloud.send("fn", &json!({ "fail": true })).await;
    let event = body(&cloud.received(&ruled).await);
    assert_eq!(event["detail-type"], "Lambda Function Invocation Result - Failure");
    assert_eq!(event["detail"]["requestContext"]["approximateInvokeCount"], 1);
    assert!(event["resources"].as_array().unwrap().contains(&json!(arn("lambda", "function:fn:$LATEST"))), "{event}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reserved_concurrency_refuses_what_is_over_it_and_holds_events_back() {
    let cloud = cloud().await;
    let (running, go, done) = (cloud.queue("running").await, cloud.queue("go").await, cloud.queue("done").await);
    let waits = "import boto3\nsqs = boto3.client('sqs')\ndef handler(event, context):\n    \
                 if 'go' in event:\n        sqs.send_message(QueueUrl=event['running'], MessageBody='x')\n        \
                 while not sqs.receive_message(QueueUrl=event['go']).get('Messages'): pass\n    return 'done'\n";
    cloud.function("fn", waits).await;
    cloud.outcomes("fn", json!({ "DestinationConfig": { "OnSuccess": { "Destination": arn("sqs", "done") } } })).await;
    cloud.call("lambda", "PutFunctionConcurrency", json!({ "FunctionName": "fn", "ReservedConcurrentExecutions": 1 })).await;
    let event = json!({ "running": running, "go": go });
    let first = cloud.invoke("fn", &event);
    let others = async {
        cloud.received(&running).await;
        let refused = cloud.try_call("lambda", "Invoke", json!({ "FunctionName": "fn" })).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.status), ("TooManyRequestsException", 429));
        assert_eq!(refused.fields["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
        cloud.send("fn", &json!({ "later": true })).await;
        cloud.call("sqs", "SendMessage", json!({ "QueueUrl": go, "MessageBody": "go" })).await;
    };
    let ((answer, payload), ()) = tokio::join!(first, others);
    assert_eq!(payload, "done", "{answer}");
    let record = body(&cloud.received_in_time(&done).await);
    assert_eq!(
        (&record["requestPayload"], &record["requestContext"]["approximateInvokeCount"]),
        (&json!({ "later": true }), &json!(1))
    );
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_function_without_concurrency_are_given_up_at_once() {
    let cloud = cloud().await;
    let failures = cloud.queue("failures").await;
    cloud.function("fn", FAILS).await;
    cloud.outcomes("fn", json!({ "DestinationConfig": { "OnFailure": { "Destination": arn("sqs", "failures") } } })).await;
    cloud.call("lambda", "PutFunctionConcurrency", json!({ "FunctionName": "fn", "ReservedConcurrentExecutions": 0 })).await;
    cloud.send("fn", &json!({ "n": 1 })).await;
    let record = body(&cloud.received(&failures).await);
    assert_eq!(record["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    assert!(record.get("responsePayload").is_none() && cloud.logs("fn").await.is_empty());
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_failures_are_put_into_a_bucket() {
    let cloud = cloud().await;
    cloud.call("s3", "CreateBucket", json!({ "Bucket": "failed-events" })).await;
    cloud.function("fn", FAILS).await;
    let on_failure = json!({ "OnFailure": { "Destination": "arn:aws:s3:::failed-events" } });
    cloud.outcomes("fn", json!({ "MaximumRetryAttempts": 0, "DestinationConfig": on_failure })).await;
    cloud.send("fn", &json!({ "n": 1 })).await;
    let seen = nightproof_poll::until(crate::BOUND, || async {
        let seen =
            cloud.call("s3", "ListObjectsV2", json!({ "Bucket": "failed-events", "Prefix": "aws/lambda/async/fn/" })).await;
        if seen["KeyCount"] == 1 { Ok(seen) } else { Err(seen) }
    });
    let seen = seen.await.unwrap();
    assert!(seen["Contents"][0]["Size"].as_u64().unwrap() > 200, "{seen}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_old_for_its_retry_is_given_up() {
    let cloud = cloud().await;
    let failures = cloud.queue("failures").await;
    cloud.function("fn", FAILS).await;
    let on_failure = json!({ "OnFailure": { "Destination": arn("sqs", "failures") } });
    // Its retry would come after a minute, and the time that the first attempt takes.
    cloud.outcomes("fn", json!({ "MaximumEventAgeInSeconds": 60, "DestinationConfig": on_failure })).await;
    cloud.send("fn", &json!({})).await;
    let record = body(&cloud.received(&failures).await);
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
    assert_eq!(record["responsePayload"]["errorType"], "ValueError");
    cloud.embedded.stop().await;
}
