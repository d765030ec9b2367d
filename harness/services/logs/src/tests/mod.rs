use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_kinesis::Kinesis;
use nightproof_service_sts::Sts;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::records::Logs;

const GROUP: &str = "/aws/lambda/backup";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f";

fn region() -> Region {
    let region = nightproof_test_region::region("111122223333", "/nonexistent");
    region.install(vec![("logs", Logs::new() as Arc<dyn Service>)]);
    region
}

async fn logs(region: &Region, operation: &str, input: Value) -> Result<Value, AwsError> {
    region.call(&Caller::root("111122223333"), "logs", operation, input).await
}

/// A region with one stream, `s`.
async fn with_stream() -> Region {
    let region = region();
    logs(&region, "CreateLogGroup", json!({"logGroupName": GROUP})).await.unwrap();
    logs(&region, "CreateLogStream", json!({"logGroupName": GROUP, "logStreamName": "s"})).await.unwrap();
    region
}

async fn put(region: &Region, events: &[(i64, &str)]) -> Result<Value, AwsError> {
    let now = region.clock().now().as_millisecond();
    let events: Vec<Value> =
        events.iter().map(|(offset, message)| json!({"timestamp": now + offset, "message": message})).collect();
    logs(region, "PutLogEvents", json!({"logGroupName": GROUP, "logStreamName": "s", "logEvents": events})).await
}

fn messages(output: &Value) -> Vec<&str> {
    output["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn groups_and_streams_exist_once_and_only_once_created() {
    let region = with_stream().await;
    let error = logs(&region, "CreateLogGroup", json!({"logGroupName": GROUP})).await.unwrap_err();
    assert_eq!(error.code, "ResourceAlreadyExistsException");
    let error = logs(&region, "CreateLogStream", json!({"logGroupName": "no", "logStreamName": "s"})).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("ResourceNotFoundException", "The specified log group does not exist.")
    );
    let input = json!({"logGroupName": GROUP, "logStreamName": "t", "logEvents": [{"timestamp": 1, "message": "x"}]});
    assert_eq!(logs(&region, "PutLogEvents", input).await.unwrap_err().message, "The specified log stream does not exist.");
}

#[tokio::test]
async fn events_are_read_from_either_end_and_the_end_answers_its_own_token() {
    let region = with_stream().await;
    put(&region, &[(-3, "a"), (-2, "b"), (-1, "c")]).await.unwrap();
    let get = |more: Value| {
        let mut input = json!({"logGroupName": GROUP, "logStreamName": "s", "limit": 2});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    };
    let tail = logs(&region, "GetLogEvents", get(json!({}))).await.unwrap();
    assert_eq!(messages(&tail), ["b", "c"]);
    let before = logs(&region, "GetLogEvents", get(json!({"nextToken": tail["nextBackwardToken"]}))).await.unwrap();
    assert_eq!(messages(&before), ["a"]);
    let head = logs(&region, "GetLogEvents", get(json!({"startFromHead": true}))).await.unwrap();
    assert_eq!(messages(&head), ["a", "b"]);
    let rest = logs(&region, "GetLogEvents", get(json!({"nextToken": head["nextForwardToken"]}))).await.unwrap();
    assert_eq!(messages(&rest), ["c"]);
    let end = logs(&region, "GetLogEvents", get(json!({"nextToken": rest["nextForwardToken"]}))).await.unwrap();
    assert_eq!(messages(&end), Vec::<&str>::new());
    assert_eq!(end["nextForwardToken"], rest["nextForwardToken"]);
}

#[tokio::test]
async fn batches_out_of_order_too_long_or_too_large_are_refused() {
    let region = with_stream().await;
    let large = "x".repeat(1_048_576);
    for events in [vec![(0, "b"), (-1, "a")], vec![(-86_400_001, "a"), (0, "b")], vec![(0, large.as_str())]] {
        assert_eq!(put(&region, &events).await.unwrap_err().code, "InvalidParameterException");
    }
}

#[tokio::test]
async fn events_too_old_and_too_new_are_rejected_one_by_one() {
    let region = with_stream().await;
    let old = put(&region, &[(-15 * 86_400_000, "old")]).await.unwrap();
    assert_eq!(old["rejectedLogEventsInfo"], json!({"tooOldLogEventEndIndex": 1}));
    let new = put(&region, &[(0, "good"), (3 * 3_600_000, "new")]).await.unwrap();
    assert_eq!(new["rejectedLogEventsInfo"], json!({"tooNewLogEventStartIndex": 1}));
    let output = logs(&region, "GetLogEvents", json!({"logGroupName": GROUP, "logStreamName": "s"})).await.unwrap();
    assert_eq!(messages(&output), ["good"]);
}

#[tokio::test]
async fn retention_takes_only_the_documented_days_and_expires_events() {
    let region = with_stream().await;
    let error = logs(&region, "PutRetentionPolicy", json!({"logGroupName": GROUP, "retentionInDays": 2})).await.unwrap_err();
    assert_eq!(error.code, "InvalidParameterException");
    logs(&region, "PutRetentionPolicy", json!({"logGroupName": GROUP, "retentionInDays": 1})).await.unwrap();
    put(&region, &[(0, "soon gone")]).await.unwrap();
    region.clock().advance_to(region.clock().now() + SignedDuration::from_hours(25));
    let output = logs(&region, "FilterLogEvents", json!({"logGroupName": GROUP})).await.unwrap();
    assert_eq!(messages(&output), Vec::<&str>::new());
    let groups = logs(&region, "DescribeLogGroups", json!({"logGroupNamePrefix": "/aws/"})).await.unwrap();
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 1);
    assert_eq!(groups["logGroups"][0]["arn"], format!("arn:aws:logs:us-east-1:111122223333:log-group:{GROUP}:*"));
}

#[tokio::test]
async fn filtering_finds_terms_across_streams_page_by_page() {
    let region = with_stream().await;
    put(&region, &[(-3, "START"), (-2, "ERROR one"), (-1, "ERROR two")]).await.unwrap();
    let input = json!({"logGroupName": GROUP, "filterPattern": "ERROR", "limit": 1});
    let first = logs(&region, "FilterLogEvents", input.clone()).await.unwrap();
    assert_eq!(messages(&first), ["ERROR one"]);
    let mut next = input;
    next["nextToken"] = first["nextToken"].clone();
    let second = logs(&region, "FilterLogEvents", next).await.unwrap();
    assert_eq!((messages(&second), second.get("nextToken")), (vec!["ERROR two"], None));
}

#[tokio::test]
async fn tags_are_kept_by_arn_and_by_name() {
    let region = with_stream().await;
    let arn = format!("arn:aws:logs:us-east-1:111122223333:log-group:{GROUP}");
    logs(&region, "TagResource", json!({"resourceArn": arn, "tags": {"a": "1", "b": "2"}})).await.unwrap();
    logs(&region, "UntagResource", json!({"resourceArn": arn, "tagKeys": ["b"]})).await.unwrap();
    let output = logs(&region, "ListTagsLogGroup", json!({"logGroupName": GROUP})).await.unwrap();
    assert_eq!(output, json!({"tags": {"a": "1"}}));
}

#[tokio::test]
async fn a_group_is_named_by_its_name_or_its_identifier() {
    let region = with_stream().await;
    let both = json!({"logGroupName": GROUP, "logGroupIdentifier": GROUP});
    let error = logs(&region, "DescribeLogStreams", both).await.unwrap_err();
    let message = "LogGroup name and LogGroup ARN are mutually exclusive parameters.";
    assert_eq!((error.code.as_str(), error.message.as_str()), ("ValidationException", message));
}

#[tokio::test]
async fn a_group_is_not_encrypted_by_a_key_that_does_not_exist() {
    let region = region();
    let key = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111";
    let error = logs(&region, "CreateLogGroup", json!({"logGroupName": GROUP, "kmsKeyId": key})).await.unwrap_err();
    assert_eq!(error.code, "InvalidParameterException");
}

#[tokio::test]
async fn metric_filters_count_what_matches_and_take_values_of_it() {
    let region = with_stream().await;
    let filter = async |name: &str, pattern: &str, more: Value| {
        let mut transformation = json!({"metricName": name, "metricNamespace": "n", "metricValue": "1"});
        transformation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let input = json!({"logGroupName": GROUP, "filterName": name, "filterPattern": pattern, "metricTransformations": [transformation]});
        logs(&region, "PutMetricFilter", input).await
    };
    filter("errors", "ERROR", json!({"defaultValue": 0.0, "unit": "Count"})).await.unwrap();
    filter("none", "FATAL", json!({"defaultValue": 0.5})).await.unwrap();
    let dimensions = json!({"metricValue": "$.ms", "dimensions": {"path": "$.path"}});
    filter("latency", "{ $.ms = * }", dimensions.clone()).await.unwrap();
    let both = json!({"defaultValue": 0.0, "dimensions": {"path": "$.path"}});
    assert_eq!(filter("wrong", "{ $.ms = * }", both).await.unwrap_err().code, "InvalidParameterException");
    assert_eq!(filter("wrong", "ERROR", json!({"metricValue": "many"})).await.unwrap_err().code, "InvalidParameterException");
    put(
        &region,
        &[(-2, "an ERROR"), (-1, "ERROR again"), (0, r#"{"ms": 12.5, "path": "/a"}"#), (0, r#"{"ms": "slow", "path": "/a"}"#)],
    )
    .await
    .unwrap();
    let total = |name: &str, dimensions: &[(&str, &str)]| {
        let pairs = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let metric = nightproof_core::metrics::Metric::new("111122223333", "n", name, pairs);
        let units = region.metrics().between(&metric, 0, i64::MAX);
        units
            .into_iter()
            .map(|(unit, values)| (unit, values.iter().map(|(_, values)| values.sum()).sum::<f64>()))
            .collect::<Vec<_>>()
    };
    assert_eq!(total("errors", &[]), [("Count".to_owned(), 2.0)]);
    assert_eq!(total("none", &[]), [("None".to_owned(), 0.5)]);
    assert_eq!(total("latency", &[("path", "/a")]), [("None".to_owned(), 12.5)]);

    let described =
        logs(&region, "DescribeMetricFilters", json!({"logGroupName": GROUP, "filterNamePrefix": "l"})).await.unwrap();
    let found = &described["metricFilters"][0];
    assert_eq!((&found["filterPattern"], &found["applyOnTransformedLogs"]), (&json!("{ $.ms = * }"), &json!(false)));
    assert_eq!(found["metricTransformations"][0]["dimensions"], json!({"path": "$.path"}));
    let named = logs(&region, "DescribeMetricFilters", json!({"metricName": "none", "metricNamespace": "n"})).await.unwrap();
    assert_eq!(named["metricFilters"].as_array().map(Vec::len), Some(1));
    let groups = logs(&region, "DescribeLogGroups", json!({})).await.unwrap();
    assert_eq!(groups["logGroups"][0]["metricFilterCount"], 3);
    let gone = json!({"logGroupName": GROUP, "filterName": "none"});
    logs(&region, "DeleteMetricFilter", gone.clone()).await.unwrap();
    assert_eq!(
        logs(&region, "DeleteMetricFilter", gone).await.unwrap_err().message,
        "The specified metric filter does not exist."
    );
}

/// A function that takes what it gets, from whomever its policy lets in.
#[derive(Default)]
struct Function(Mutex<Vec<(String, Option<String>, Value)>>);

#[async_trait]
impl Service for Function {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        assert_eq!(operation, "Invoke");
        if call.caller.arn() != "logs.amazonaws.com" || input["FunctionName"] != FUNCTION {
            return Err(AwsError::new("AccessDeniedException", 403, "no"));
        }
        self.0.lock().push((call.caller.arn(), call.caller.source_arn.clone(), input));
        Ok(json!({"StatusCode": 202}).into())
    }
}

#[tokio::test]
async fn a_function_gets_what_matches_its_subscription() {
    let function = Arc::new(Function::default());
    let region = nightproof_test_region::region("111122223333", "/nonexistent");
    region.install(vec![("logs", Logs::new() as Arc<dyn Service>), ("lambda", Arc::clone(&function) as Arc<dyn Service>)]);
    logs(&region, "CreateLogGroup", json!({"logGroupName": GROUP})).await.unwrap();
    logs(&region, "CreateLogStream", json!({"logGroupName": GROUP, "logStreamName": "s"})).await.unwrap();
    let filter = |name: &str, destination: &str, pattern: &str| json!({"logGroupName": GROUP, "filterName": name, "filterPattern": pattern, "destinationArn": destination});
    for (destination, code, says) in [
        ("arn:aws:lambda:us-east-1:444455556666:function:f", "AccessDeniedException", "Cross-account lambda invocation"),
        (
            "arn:aws:lambda:us-east-1:111122223333:function:none",
            "InvalidParameterException",
            "Could not execute the lambda function.",
        ),
        (
            "arn:aws:kinesis:us-east-1:111122223333:stream/s",
            "InvalidParameterException",
            "destinationArn for vendor kinesis cannot be used without roleArn",
        ),
        ("f", "InvalidParameterException", "Invalid destinationArn."),
    ] {
        let error = logs(&region, "PutSubscriptionFilter", filter("a", destination, "")).await.unwrap_err();
        assert!(error.code == code && error.message.contains(says), "{error}");
    }
    logs(&region, "PutSubscriptionFilter", filter("a", FUNCTION, "{ $.level = ERROR }")).await.unwrap();
    logs(&region, "PutSubscriptionFilter", filter("b", FUNCTION, "FATAL")).await.unwrap();
    assert_eq!(
        logs(&region, "PutSubscriptionFilter", filter("c", FUNCTION, "")).await.unwrap_err().code,
        "LimitExceededException"
    );
    let described =
        logs(&region, "DescribeSubscriptionFilters", json!({"logGroupName": GROUP, "filterNamePrefix": "a"})).await.unwrap();
    assert_eq!(described["subscriptionFilters"][0]["distribution"], "ByLogStream");
    function.0.lock().clear();
    put(&region, &[(-1, "not this"), (0, r#"{"level": "ERROR"}"#)]).await.unwrap();
    let got = nightproof_poll::until(std::time::Duration::from_secs(10), || async {
        let calls = function.0.lock().clone();
        if calls.is_empty() { Err(()) } else { Ok(calls) }
    });
    let calls = got.await.expect("it is invoked");
    let (_, source, input) = &calls[0];
    assert_eq!(source.as_deref(), Some(format!("arn:aws:logs:us-east-1:111122223333:log-group:{GROUP}:*").as_str()));
    let base64 = &base64::engine::general_purpose::STANDARD;
    let event: Value = serde_json::from_slice(&base64.decode(input["Payload"].as_str().unwrap()).unwrap()).unwrap();
    let data = base64.decode(event["awslogs"]["data"].as_str().unwrap()).unwrap();
    let message: Value = serde_json::from_reader(flate2::read::GzDecoder::new(data.as_slice())).unwrap();
    assert_eq!(
        (&message["messageType"], &message["logGroup"], &message["logStream"]),
        (&json!("DATA_MESSAGE"), &json!(GROUP), &json!("s"))
    );
    assert_eq!((&message["subscriptionFilters"], message["logEvents"].as_array().unwrap().len()), (&json!(["a"]), 1));
    assert_eq!(message["logEvents"][0]["extractedFields"], json!({"$.level": "ERROR"}));
    logs(&region, "DeleteSubscriptionFilter", json!({"logGroupName": GROUP, "filterName": "a"})).await.unwrap();
    let gone = logs(&region, "DeleteSubscriptionFilter", json!({"logGroupName": GROUP, "filterName": "a"})).await.unwrap_err();
    assert_eq!(gone.message, "The specified subscription filter does not exist.");
}

/// The role `r` with a policy that lets it do `action`, which CloudWatch Logs assumes.
async fn role(region: &Region, action: &str) {
    let root = Caller::root("111122223333");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let input = json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()});
    region.call(&root, "iam", "CreateRole", input).await.unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    let input = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    region.call(&root, "iam", "PutRolePolicy", input).await.unwrap();
}

#[tokio::test]
async fn a_stream_gets_a_test_message_and_then_what_matches_its_subscription() {
    let region = nightproof_test_region::region("111122223333", "/nonexistent");
    let iam = Iam::new();
    let sts = Sts::new(Arc::clone(&iam));
    region.set_authorizer(nightproof_authorization::Authorizer::new(Arc::clone(&iam), Arc::clone(&sts)));
    region.install(vec![
        ("iam", iam as Arc<dyn Service>),
        ("kinesis", Kinesis::new() as Arc<dyn Service>),
        ("logs", Logs::new() as Arc<dyn Service>),
        ("sts", sts as Arc<dyn Service>),
    ]);
    let kinesis = |operation: &'static str, input: Value| {
        let region = region.clone();
        async move { region.call(&Caller::root("111122223333"), "kinesis", operation, input).await.unwrap() }
    };
    logs(&region, "CreateLogGroup", json!({"logGroupName": GROUP})).await.unwrap();
    logs(&region, "CreateLogStream", json!({"logGroupName": GROUP, "logStreamName": "s"})).await.unwrap();
    kinesis("CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    role(&region, "kinesis:PutRecord").await;
    let filter = json!({
        "logGroupName": GROUP, "filterName": "a", "filterPattern": "ERROR",
        "destinationArn": "arn:aws:kinesis:us-east-1:111122223333:stream/s", "roleArn": "arn:aws:iam::111122223333:role/r",
    });
    let early = logs(&region, "PutSubscriptionFilter", filter.clone()).await.unwrap_err();
    assert_eq!(
        early.message,
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state."
    );
    let clock = region.clock();
    clock.advance_to(clock.now() + jiff::SignedDuration::from_secs(2));
    logs(&region, "PutSubscriptionFilter", filter).await.unwrap();
    let described = logs(&region, "DescribeSubscriptionFilters", json!({"logGroupName": GROUP})).await.unwrap();
    assert_eq!(described["subscriptionFilters"][0]["roleArn"], "arn:aws:iam::111122223333:role/r");
    put(&region, &[(-1, "not this"), (0, "ERROR and this")]).await.unwrap();

    let begin = json!({"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = kinesis("GetShardIterator", begin).await["ShardIterator"].clone();
    let got = nightproof_poll::until(std::time::Duration::from_secs(10), || async {
        let answer = kinesis("GetRecords", json!({"ShardIterator": iterator})).await;
        let records = answer["Records"].as_array().unwrap().clone();
        if records.len() == 2 { Ok(records) } else { Err(records) }
    });
    let messages: Vec<Value> = got
        .await
        .unwrap()
        .iter()
        .map(|record| {
            let data = base64::engine::general_purpose::STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
            serde_json::from_reader(flate2::read::GzDecoder::new(data.as_slice())).unwrap()
        })
        .collect();
    assert_eq!((&messages[0]["messageType"], &messages[0]["owner"]), (&json!("CONTROL_MESSAGE"), &json!("CloudwatchLogs")));
    assert_eq!((&messages[1]["messageType"], &messages[1]["logStream"]), (&json!("DATA_MESSAGE"), &json!("s")));
    assert_eq!(messages[1]["logEvents"].as_array().unwrap().len(), 1);
    assert_eq!(messages[1]["logEvents"][0]["message"], "ERROR and this");
}

#[tokio::test]
async fn resource_policies_are_kept_by_name_and_ten_at_most() {
    let region = region();
    let policy = |resource: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": resource,
        }]})
        .to_string()
    };
    let put = |name: &str, text: String| json!({"policyName": name, "policyDocument": text});
    for number in 0..10 {
        let made = logs(&region, "PutResourcePolicy", put(&format!("p{number}"), policy("*"))).await.unwrap();
        assert_eq!(made["resourcePolicy"]["policyScope"], "ACCOUNT");
    }
    let error = logs(&region, "PutResourcePolicy", put("p10", policy("*"))).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("LimitExceededException", "Resource limit exceeded."));
    logs(&region, "PutResourcePolicy", put("p0", policy("x"))).await.unwrap();
    assert_eq!(
        logs(&region, "PutResourcePolicy", put("p0", "{".to_owned())).await.unwrap_err().code,
        "InvalidParameterException"
    );
    logs(&region, "DeleteResourcePolicy", json!({"policyName": "p9"})).await.unwrap();
    let listed = logs(&region, "DescribeResourcePolicies", json!({})).await.unwrap()["resourcePolicies"].clone();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["policyDocument"]), (9, &json!(policy("x"))));
    let short = r#"{"Statement":[{"Effect":"Allow","Action":"logs:*","Principal":{"Service":["route53.amazonaws.com"]},"Resource":"*"}]}"#;
    let made = logs(&region, "PutResourcePolicy", put("p0", short.to_owned())).await.unwrap();
    assert_eq!(made["resourcePolicy"]["policyDocument"], short);
    let listed = logs(&region, "DescribeResourcePolicies", json!({"limit": 1})).await.unwrap()["resourcePolicies"].clone();
    let document: Value = serde_json::from_str(listed[0]["policyDocument"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&document["Version"], &document["Statement"][0]["Principal"]),
        (&json!("2008-10-17"), &json!({"Service": "route53.amazonaws.com"}))
    );
    let gone = logs(&region, "DeleteResourcePolicy", json!({"policyName": "p9"})).await.unwrap_err();
    assert_eq!(gone.message, "Policy with name [p9] does not exist.");
}

#[tokio::test]
async fn a_resource_policy_lets_in_whom_it_names() {
    let iam = nightproof_service_iam::Iam::new();
    let sts = nightproof_service_sts::Sts::new(iam.clone());
    let region = nightproof_test_region::region("111122223333", "/nonexistent");
    region.set_authorizer(nightproof_authorization::Authorizer::new(iam.clone(), sts.clone()));
    region.install(vec![("iam", iam), ("sts", sts), ("logs", Logs::new() as Arc<dyn Service>)]);
    logs(&region, "CreateLogGroup", json!({"logGroupName": GROUP})).await.unwrap();
    let caller = Caller::service("111122223333", "delivery.logs.amazonaws.com");
    let create = json!({"logGroupName": GROUP, "logStreamName": "s"});
    region.call(&caller, "logs", "CreateLogStream", create.clone()).await.unwrap_err();
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "logs:CreateLogStream",
        "Resource": format!("arn:aws:logs:us-east-1:111122223333:log-group:{GROUP}:*"),
    }});
    logs(&region, "PutResourcePolicy", json!({"policyName": "p", "policyDocument": policy.to_string()})).await.unwrap();
    region.call(&caller, "logs", "CreateLogStream", create).await.unwrap();
}

#[tokio::test]
async fn a_pattern_is_tested_on_messages() {
    let input = json!({"filterPattern": "{ $.a > 1 }", "logEventMessages": ["{\"a\": 1}", "{\"a\": 2}", "a"]});
    let output = logs(&region(), "TestMetricFilter", input).await.unwrap();
    let matched = json!({"eventNumber": 2, "eventMessage": "{\"a\": 2}", "extractedValues": {"$.a": "2"}});
    assert_eq!(output["matches"], json!([matched]));
}

#[tokio::test]
async fn a_query_has_ended_when_it_is_started_and_its_results_are_kept() {
    let region = with_stream().await;
    put(&region, &[(-2, "one"), (-1, "two ERROR"), (0, "three ERROR")]).await.unwrap();
    let now = region.clock().now().as_second();
    let start = |query: &str| json!({"logGroupName": GROUP, "startTime": now - 60, "endTime": now + 60, "queryString": query});
    let id =
        logs(&region, "StartQuery", start("filter @message like /ERROR/ | fields @message | limit 1")).await.unwrap()["queryId"]
            .clone();
    let found = logs(&region, "GetQueryResults", json!({"queryId": id})).await.unwrap();
    assert_eq!(
        (&found["status"], &found["results"][0][0]),
        (&json!("Complete"), &json!({"field": "@message", "value": "three ERROR"}))
    );
    assert_eq!(found["statistics"], json!({"recordsMatched": 2.0, "recordsScanned": 3.0, "bytesScanned": 23.0}));
    let described = logs(&region, "DescribeQueries", json!({"logGroupName": GROUP, "status": "Complete"})).await.unwrap();
    let text = described["queries"][0]["queryString"].as_str().unwrap();
    assert!(text.starts_with(&format!("SOURCE \"{GROUP}\" START={}000 END={}999 | filter", now - 60, now + 60)), "{text}");
    let scheduled = logs(&region, "DescribeQueries", json!({"status": "Scheduled"})).await.unwrap();
    assert_eq!(scheduled["queries"], json!([]));
    assert_eq!(logs(&region, "StopQuery", json!({"queryId": id})).await.unwrap_err().code, "InvalidParameterException");
    for (input, code) in [
        (start("select"), "MalformedQueryException"),
        (start("pattern @message"), "NotImplemented"),
        (json!({"logGroupName": "none", "startTime": 0, "endTime": 1, "queryString": "fields x"}), "ResourceNotFoundException"),
        (json!({"startTime": 0, "endTime": 1, "queryString": "fields x"}), "InvalidParameterException"),
        (json!({"logGroupName": GROUP, "startTime": 2, "endTime": 1, "queryString": "fields x"}), "InvalidParameterException"),
    ] {
        assert_eq!(logs(&region, "StartQuery", input.clone()).await.unwrap_err().code, code, "{input}");
    }
    region.clock().advance_to(region.clock().now() + SignedDuration::from_hours(8 * 24));
    assert_eq!(logs(&region, "GetQueryResults", json!({"queryId": id})).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn an_operation_that_is_not_written_says_so() {
    let error = logs(&region(), "CancelExportTask", json!({"taskId": "t"})).await.unwrap_err();
    assert!(error.code == "NotImplemented" && error.message.contains("CancelExportTask"));
}

#[tokio::test]
async fn groups_are_listed_by_name_arn_and_class() {
    let region = region();
    for name in ["a", "b", "c"] {
        logs(&region, "CreateLogGroup", json!({"logGroupName": name})).await.unwrap();
    }
    let names = async |input: Value| {
        let found = logs(&region, "DescribeLogGroups", input).await.unwrap();
        found["logGroups"].as_array().unwrap().iter().map(|group| group["logGroupName"].clone()).collect::<Vec<_>>()
    };
    let arn = "arn:aws:logs:us-east-1:111122223333:log-group:b";
    assert_eq!(names(json!({"logGroupIdentifiers": ["a", arn]})).await, ["a", "b"]);
    assert_eq!(names(json!({"logGroupClass": "STANDARD"})).await, ["a", "b", "c"]);
    assert_eq!(names(json!({"logGroupClass": "INFREQUENT_ACCESS"})).await, Vec::<Value>::new());
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("logs", Logs::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
