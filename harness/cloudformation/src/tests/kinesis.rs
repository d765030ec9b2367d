use serde_json::{Value, json};

use super::world::{World, template};

async fn summary(world: &World, name: &str) -> Value {
    world.ok("kinesis", "DescribeStreamSummary", json!({"StreamName": name})).await["StreamDescriptionSummary"].clone()
}

#[tokio::test]
async fn a_stream_and_what_belongs_to_it_are_made_changed_in_place_and_deleted() {
    let world = World::new();
    let body = |properties: &str| {
        template(&format!(
            "{{S: {{Type: AWS::Kinesis::Stream, Properties: {{Name: events, {properties}}}}}, \
             C: {{Type: AWS::Kinesis::StreamConsumer, Properties: {{ConsumerName: c, StreamARN: !GetAtt S.Arn, \
             Tags: [{{Key: a, Value: '1'}}]}}}}, \
             P: {{Type: AWS::Kinesis::ResourcePolicy, Properties: {{ResourceArn: !GetAtt S.Arn, ResourcePolicy: {{Version: '2012-10-17', \
             Statement: [{{Effect: Allow, Principal: {{AWS: !Ref AWS::AccountId}}, Action: kinesis:PutRecord, Resource: !GetAtt S.Arn}}]}}}}}}}}"
        ))
    };
    let made = body("ShardCount: 1, RetentionPeriodHours: 48");
    assert_eq!(world.create("s", &made).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "S").await, "events");
    let stream = summary(&world, "events").await;
    assert_eq!((&stream["RetentionPeriodHours"], &stream["OpenShardCount"]), (&json!(48), &json!(1)));
    let arn = stream["StreamARN"].as_str().unwrap().to_owned();
    let consumer = world.physical("s", "C").await;
    assert!(consumer.starts_with(&format!("{arn}/consumer/c:")), "{consumer}");
    let policy = world.ok("kinesis", "GetResourcePolicy", json!({"ResourceARN": arn})).await;
    assert!(policy["Policy"].as_str().unwrap().contains("kinesis:PutRecord"));

    let more = "ShardCount: 2, StreamEncryption: {EncryptionType: KMS, KeyId: alias/aws/kinesis}, Tags: [{Key: b, Value: '2'}]";
    assert_eq!(world.update("s", &body(more)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let stream = summary(&world, "events").await;
    assert_eq!((&stream["RetentionPeriodHours"], &stream["OpenShardCount"]), (&json!(24), &json!(2)));
    assert_eq!((&stream["EncryptionType"], &stream["KeyId"]), (&json!("KMS"), &json!("alias/aws/kinesis")));
    let tags = world.ok("kinesis", "ListTagsForStream", json!({"StreamName": "events"})).await["Tags"].clone();
    assert!(tags.as_array().unwrap().contains(&json!({"Key": "b", "Value": "2"})), "{tags}");
    let tags = world.ok("kinesis", "ListTagsForResource", json!({"ResourceARN": consumer})).await["Tags"].clone();
    assert!(tags.as_array().unwrap().contains(&json!({"Key": "a", "Value": "1"})), "{tags}");

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}
