use serde_json::json;

use super::world::World;

/// A topic with a mailbox, a queue's subscription and a policy, and an alarm that tells it; `new` in all that can be changed.
fn body(new: bool) -> String {
    let pick = |old: &'static str, now: &'static str| if new { now } else { old };
    format!(
        "Resources:\n  Topic: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: {}, Subscription: [{{Protocol: email, Endpoint: {}}}], Tags: [{{Key: a, Value: '{}'}}]}}}}\n  \
           Queue: {{Type: AWS::SQS::Queue}}\n  \
           Ears: {{Type: AWS::SNS::Subscription, Properties: {{TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: {}}}}}\n  \
           {}Alarm: {{Type: AWS::CloudWatch::Alarm, Properties: {{Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{{Name: FunctionName, Value: f}}], \
             Statistic: Sum, Period: '300', EvaluationPeriods: 1, Threshold: '{}', ComparisonOperator: GreaterThanThreshold, AlarmActions: [!Ref Topic]}}}}\n\
         Outputs: {{Name: {{Value: !GetAtt Topic.TopicName}}, Alarm: {{Value: !GetAtt Alarm.Arn}}}}\n",
        pick("One", "Two"),
        pick("a@example.com", "b@example.com"),
        pick("1", "2"),
        pick("true", "false"),
        pick(
            "Policy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Version: 2012-10-17, Statement: [{Sid: Own, Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: 'sns:Publish', Resource: !Ref Topic}]}}}\n  ",
            ""
        ),
        pick("1", "2.5"),
    )
}

#[tokio::test]
async fn a_topic_and_its_alarm_are_made_changed_and_deleted() {
    let world = World::new();
    assert_eq!(world.create("s", &body(false)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (topic, ears, alarm) =
        (world.physical("s", "Topic").await, world.physical("s", "Ears").await, world.physical("s", "Alarm").await);
    let attributes = async || world.ok("sns", "GetTopicAttributes", json!({ "TopicArn": topic })).await["Attributes"].clone();
    let made = attributes().await;
    assert_eq!(
        (&made["DisplayName"], &made["SubscriptionsPending"], &made["SubscriptionsConfirmed"]),
        (&json!("One"), &json!("1"), &json!("1"))
    );
    assert!(made["Policy"].as_str().unwrap().contains("\"Own\""), "{made}");
    let raw = async || {
        let answer = world.ok("sns", "GetSubscriptionAttributes", json!({ "SubscriptionArn": ears })).await;
        answer["Attributes"]["RawMessageDelivery"].clone()
    };
    let threshold = async || {
        let answer = world.ok("monitoring", "DescribeAlarms", json!({ "AlarmNames": [alarm] })).await;
        answer["MetricAlarms"][0]["Threshold"].clone()
    };
    assert_eq!((raw().await, threshold().await), (json!("true"), json!(1.0)));

    assert_eq!(world.update("s", &body(true)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let changed = attributes().await;
    assert_eq!(changed["DisplayName"], "Two");
    assert!(changed["Policy"].as_str().unwrap().contains("__default_statement_ID"), "its policy is gone: {changed}");
    assert_eq!((raw().await, threshold().await), (json!("false"), json!(2.5)));
    let listed = world.ok("sns", "ListSubscriptionsByTopic", json!({ "TopicArn": topic })).await;
    let endpoints: Vec<&str> =
        listed["Subscriptions"].as_array().unwrap().iter().filter_map(|one| one["Endpoint"].as_str()).collect();
    assert!(endpoints.contains(&"b@example.com"), "{endpoints:?}");
    let tags = world.ok("sns", "ListTagsForResource", json!({ "ResourceArn": topic })).await["Tags"].clone();
    assert!(tags.as_array().unwrap().contains(&json!({ "Key": "a", "Value": "2" })), "{tags}");

    world.stack("DeleteStack", json!({ "StackName": "s" })).await;
    world.settled("s").await;
    assert_eq!(world.ok("sns", "ListTopics", json!({})).await["Topics"], json!([]));
    assert_eq!(world.ok("monitoring", "DescribeAlarms", json!({})).await["MetricAlarms"], json!([]));
}
