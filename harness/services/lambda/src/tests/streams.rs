//! Event source mappings of streams, as far as they come without a machine that runs the function.

use jiff::SignedDuration;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::{ACCOUNT, BOUND, World};

fn stream() -> String {
    format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s")
}

fn queue() -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q")
}

impl World {
    /// A function with a role that may do everything with streams and queues, the stream `s` of one shard, and the queue `q`.
    async fn with_stream() -> Self {
        let world = Self::new().await;
        world.function().await;
        world.allow(&["kinesis:*", "sqs:*"]).await;
        world.call("kinesis", "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await.unwrap();
        world.call("sqs", "CreateQueue", json!({"QueueName": "q"})).await.unwrap();
        world.pass(SignedDuration::from_secs(2));
        world
    }

    async fn allow(&self, actions: &[&str]) {
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        let policy = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy.to_string()});
        self.call("iam", "PutRolePolicy", policy).await.unwrap();
    }

    fn pass(&self, time: SignedDuration) {
        let clock = self.region.clock();
        clock.advance_to(clock.now() + time);
    }

    async fn put(&self, data: &str) -> Value {
        self.call("kinesis", "PutRecord", json!({"StreamName": "s", "PartitionKey": "k", "Data": data})).await.unwrap()
    }

    async fn map(&self, more: Value) -> Result<Value, AwsError> {
        let mut input = json!({"FunctionName": "f", "EventSourceArn": stream(), "StartingPosition": "TRIM_HORIZON"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.ask("CreateEventSourceMapping", input).await
    }

    /// The mapping, once it is so.
    async fn mapping(&self, uuid: &Value, so: impl Fn(&Value) -> bool) -> Value {
        let seen = nightproof_poll::until(BOUND, || async {
            let seen = self.ask("GetEventSourceMapping", json!({"UUID": uuid})).await.unwrap();
            if so(&seen) { Ok(seen) } else { Err(seen) }
        });
        seen.await.unwrap_or_else(|seen| panic!("the mapping stays {seen}"))
    }

    /// The next message of the queue.
    async fn message(&self) -> Value {
        let url = nightproof_core::queue_url(&queue());
        let received = nightproof_poll::until(BOUND, || async {
            let seen = self.call("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await.unwrap();
            seen["Messages"][0]["Body"].as_str().map(str::to_owned).ok_or(seen)
        });
        let body = received.await.unwrap_or_else(|seen| panic!("no message: {seen}"));
        serde_json::from_str(&body).unwrap()
    }
}

#[tokio::test]
async fn a_mapping_of_a_stream_has_the_defaults_of_streams_and_is_made_once() {
    let world = World::with_stream().await;
    let made = world.map(json!({})).await.unwrap();
    for (member, expected) in [
        ("BatchSize", json!(100)),
        ("BisectBatchOnFunctionError", json!(false)),
        ("DestinationConfig", json!({"OnFailure": {}})),
        ("FunctionResponseTypes", json!([])),
        ("LastProcessingResult", json!("No records processed")),
        ("MaximumRecordAgeInSeconds", json!(-1)),
        ("MaximumRetryAttempts", json!(-1)),
        ("ParallelizationFactor", json!(1)),
        ("StartingPosition", json!("TRIM_HORIZON")),
        ("State", json!("Creating")),
        ("StateTransitionReason", json!("User action")),
        ("TumblingWindowInSeconds", json!(0)),
    ] {
        assert_eq!(made[member], expected, "{member}");
    }
    let again = world.map(json!({})).await.unwrap_err();
    assert_eq!(
        (again.code.as_str(), again.message),
        (
            "ResourceConflictException",
            format!(
                "The event source arn (\" {} \") and function (\" f \") provided mapping already exists. Please update or delete the \
                 existing mapping with UUID {}",
                stream(),
                made["UUID"].as_str().unwrap()
            )
        )
    );
    world.mapping(&made["UUID"], |seen| seen["State"] == "Enabled").await;
    let change = json!({
        "UUID": made["UUID"], "MaximumRetryAttempts": 2, "BisectBatchOnFunctionError": true, "Enabled": false,
        "DestinationConfig": {"OnFailure": {"Destination": queue()}},
    });
    assert_eq!(world.ask("UpdateEventSourceMapping", change).await.unwrap()["State"], "Disabling");
    let changed = world.mapping(&made["UUID"], |seen| seen["State"] == "Disabled").await;
    assert_eq!((&changed["MaximumRetryAttempts"], &changed["BisectBatchOnFunctionError"]), (&json!(2), &json!(true)));
    assert_eq!(changed["DestinationConfig"]["OnFailure"]["Destination"], queue());
}

#[tokio::test]
async fn a_stream_is_mapped_by_who_may_read_it() {
    let world = World::with_stream().await;
    world.allow(&["kinesis:GetRecords", "kinesis:GetShardIterator"]).await;
    let denied = world.map(json!({})).await.unwrap_err();
    assert_eq!(
        denied.message,
        format!(
            "Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, \
             and ListStreams Actions on your stream in IAM.",
            stream()
        )
    );
    world.allow(&["kinesis:*"]).await;
    let missing = format!("{}-2", stream());
    let refused = world.map(json!({"EventSourceArn": missing})).await.unwrap_err();
    assert_eq!(refused.message, format!("Stream not found: {missing}"));
}

#[tokio::test]
async fn what_a_mapping_of_a_stream_cannot_be_is_refused() {
    let world = World::with_stream().await;
    let destination = |arn: &str| json!({"DestinationConfig": {"OnFailure": {"Destination": arn}}});
    let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f");
    for (more, message) in [
        (json!({"StartingPosition": null}), "Value null at 'startingPosition'"),
        (json!({"StartingPosition": "AT_TIMESTAMP"}), "StartingPositionTimestamp must be specified"),
        (json!({"MaximumRecordAgeInSeconds": 30}), "must be -1, or greater than or equal to 60"),
        (json!({"TumblingWindowInSeconds": 10}), "a tumbling window"),
        (json!({"EventSourceArn": format!("{}/consumer/c:1", stream())}), "a consumer with enhanced fan-out"),
        (json!({"FilterCriteria": {"Filters": [{"Pattern": "["}]}}), "Invalid filter pattern definition."),
        (destination(&function), "The provided destination config DestinationConfig(onSuccess=null"),
        (destination(&format!("{}.fifo", queue())), "is invalid."),
        (json!({"ScalingConfig": {"MaximumConcurrency": 2}}), "Unsupported parameter"),
    ] {
        let refused = world.map(more.clone()).await.unwrap_err();
        assert!(refused.message.contains(message), "{more}: {refused}");
    }
    let of_queue = json!({"EventSourceArn": queue(), "StartingPosition": null, "MaximumRetryAttempts": 1});
    assert_eq!(world.map(of_queue).await.unwrap_err().message, "Unsupported parameter for given event source mapping type.");
}

#[tokio::test]
async fn records_that_are_too_old_are_told_to_the_destination_and_not_tried() {
    let world = World::with_stream().await;
    let number = world.put("YQ==").await["SequenceNumber"].clone();
    world.pass(SignedDuration::from_mins(10));
    let more = json!({"MaximumRecordAgeInSeconds": 60, "DestinationConfig": {"OnFailure": {"Destination": queue()}}});
    let made = world.map(more).await.unwrap();
    let told = world.message().await;
    assert_eq!(told["requestContext"]["condition"], "RecordAgeExceeded");
    assert_eq!((&told["requestContext"]["approximateInvokeCount"], &told["responseContext"]), (&json!(1), &Value::Null));
    let batch = &told["KinesisBatchInfo"];
    assert_eq!((&batch["startSequenceNumber"], &batch["batchSize"]), (&number, &json!(1)));
    assert_eq!(batch["streamArn"], stream());
    assert_eq!(told["requestContext"]["functionArn"], made["FunctionArn"]);
}

#[tokio::test]
async fn what_could_not_be_run_is_tried_until_it_is_too_old() {
    let world = World::with_stream().await;
    let more = json!({"MaximumRecordAgeInSeconds": 60, "DestinationConfig": {"OnFailure": {"Destination": queue()}}});
    let made = world.map(more).await.unwrap();
    world.mapping(&made["UUID"], |seen| seen["State"] == "Enabled").await;
    world.put("YQ==").await;
    let is_problem = |seen: &Value| seen["LastProcessingResult"].as_str().unwrap().starts_with("PROBLEM: ");
    let seen = world.mapping(&made["UUID"], is_problem).await;
    assert!(seen["LastProcessingResult"].as_str().unwrap().contains("runtime client"), "{seen}");
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(world.message().await["requestContext"]["condition"], "RecordAgeExceeded");
}

#[tokio::test]
async fn the_latest_position_is_that_of_the_moment_in_which_a_mapping_is_enabled() {
    let world = World::with_stream().await;
    world.put("YQ==").await;
    world.pass(SignedDuration::from_mins(10));
    let more = json!({
        "StartingPosition": "LATEST", "MaximumRecordAgeInSeconds": 60, "DestinationConfig": {"OnFailure": {"Destination": queue()}},
    });
    let made = world.map(more).await.unwrap();
    world.mapping(&made["UUID"], |seen| seen["State"] == "Enabled").await;
    let number = world.put("Yg==").await["SequenceNumber"].clone();
    world.pass(SignedDuration::from_mins(10));
    let batch = world.message().await["KinesisBatchInfo"].clone();
    assert_eq!((&batch["startSequenceNumber"], &batch["batchSize"]), (&number, &json!(1)));
}

#[tokio::test]
async fn the_children_of_a_shard_are_read_after_it() {
    let world = World::with_stream().await;
    let more = json!({
        "StartingPosition": "LATEST", "MaximumRecordAgeInSeconds": 60, "DestinationConfig": {"OnFailure": {"Destination": queue()}},
    });
    let made = world.map(more).await.unwrap();
    world.mapping(&made["UUID"], |seen| seen["State"] == "Enabled").await;
    let first = world.put("YQ==").await["ShardId"].clone();
    let split = json!({"StreamName": "s", "ShardToSplit": first, "NewStartingHashKey": "1000"});
    world.call("kinesis", "SplitShard", split).await.unwrap();
    let second = world.put("Yg==").await["ShardId"].clone();
    assert_ne!(first, second);
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(world.message().await["KinesisBatchInfo"]["shardId"], first);
    assert_eq!(world.message().await["KinesisBatchInfo"]["shardId"], second);
}
