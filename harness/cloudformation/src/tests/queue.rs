use serde_json::json;

use super::world::{World, template};

#[tokio::test]
async fn redrive_policies_are_objects_or_texts() {
    let world = World::new();
    let body = template(
        "{D: {Type: AWS::SQS::Queue, Properties: {QueueName: dead, RedriveAllowPolicy: {redrivePermission: allowAll}}}, \
          Q: {Type: AWS::SQS::Queue, Properties: {QueueName: object, RedrivePolicy: {deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 3}}}, \
          T: {Type: AWS::SQS::Queue, Properties: {QueueName: text, RedrivePolicy: !Sub '{\"deadLetterTargetArn\":\"${D.Arn}\",\"maxReceiveCount\":3}'}}}",
    );
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    for name in ["object", "text"] {
        let url = world.ok("sqs", "GetQueueUrl", json!({"QueueName": name})).await["QueueUrl"].clone();
        let input = json!({"QueueUrl": url, "AttributeNames": ["RedrivePolicy"]});
        let policy = world.ok("sqs", "GetQueueAttributes", input).await["Attributes"]["RedrivePolicy"].clone();
        let policy: serde_json::Value = serde_json::from_str(policy.as_str().unwrap()).unwrap();
        assert_eq!(
            policy,
            json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:dead", "maxReceiveCount": 3}),
            "{name}"
        );
    }
}
