use serde_json::{Value, json};

use super::world::{World, submission};

const BODY: &str = "Resources: {Bucket: {Type: AWS::S3::Bucket, Properties: {Tags: [{Key: own, Value: '1'}, {Key: both, Value: own}]}}, \
    Queue: {Type: AWS::SQS::Queue}, Logs: {Type: AWS::Logs::LogGroup}, Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day)}}, \
    Parameter: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x, Tags: {own: 1}}}, Key: {Type: AWS::KMS::Key}, Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}";

/// Tags of a resource as `key=value`, sorted, in whichever form the service has them.
async fn tags(world: &World, logical: &str) -> Vec<String> {
    let id = world.physical("s", logical).await;
    let (service, operation, input) = match logical {
        "Bucket" => ("s3", "GetBucketTagging", json!({"Bucket": id})),
        "Queue" => ("sqs", "ListQueueTags", json!({"QueueUrl": id})),
        "Logs" => ("logs", "ListTagsLogGroup", json!({"logGroupName": id})),
        "Rule" => {
            ("events", "ListTagsForResource", json!({"ResourceARN": format!("arn:aws:events:us-east-1:111122223333:rule/{id}")}))
        }
        "Parameter" => ("ssm", "ListTagsForResource", json!({"ResourceType": "Parameter", "ResourceId": id})),
        "Key" => ("kms", "ListResourceTags", json!({"KeyId": id})),
        _ => ("ec2", "DescribeTags", json!({"Filters": [{"Name": "resource-id", "Values": [id]}]})),
    };
    let answer = world.ok(service, operation, input).await;
    let found = ["TagSet", "Tags", "tags", "TagList"].into_iter().find_map(|name| answer.get(name)).cloned().unwrap_or_default();
    let mut lines: Vec<String> = match &found {
        Value::Object(map) => map.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap())).collect(),
        list => list
            .as_array()
            .into_iter()
            .flatten()
            .map(|tag| {
                let text =
                    |names: [&str; 2]| names.iter().find_map(|name| tag.get(*name)?.as_str()).unwrap_or_default().to_owned();
                format!("{}={}", text(["Key", "TagKey"]), text(["Value", "TagValue"]))
            })
            .collect(),
    };
    lines.sort();
    lines
}

#[tokio::test]
async fn tags_of_the_stack_reach_its_resources_and_follow_its_updates() {
    let world = World::new();
    let mut input = submission("s", BODY);
    input["Tags"] = json!([{"Key": "team", "Value": "a"}, {"Key": "both", "Value": "stack"}]);
    let id = world.stack("CreateStack", input.clone()).await["StackId"].as_str().unwrap().to_owned();
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.history("s").await);
    let system = |logical: &str| {
        [
            format!("aws:cloudformation:logical-id={logical}"),
            format!("aws:cloudformation:stack-id={id}"),
            "aws:cloudformation:stack-name=s".to_owned(),
        ]
    };
    let mut expected = system("Bucket").to_vec();
    expected.extend(["both=own", "own=1", "team=a"].map(str::to_owned));
    assert_eq!(tags(&world, "Bucket").await, expected);
    for logical in ["Logs", "Rule", "Parameter", "Vpc"] {
        let found = tags(&world, logical).await;
        for tag in system(logical).iter().map(String::as_str).chain(["both=stack", "team=a"]) {
            assert!(found.iter().any(|other| other == tag), "{logical} {tag}: {found:?}");
        }
    }
    // Their types' schemas say that these do not carry CloudFormation's own.
    for logical in ["Queue", "Key"] {
        assert_eq!(tags(&world, logical).await, ["both=stack", "team=a"], "{logical}");
    }
    input["Tags"] = json!([{"Key": "team", "Value": "b"}]);
    world.stack("UpdateStack", input).await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE", "{:?}", world.history("s").await);
    for logical in ["Queue", "Key"] {
        assert_eq!(tags(&world, logical).await, ["team=b"], "{logical}");
    }
    for logical in ["Bucket", "Logs", "Rule", "Parameter", "Vpc"] {
        let found = tags(&world, logical).await;
        assert!(found.contains(&"team=b".to_owned()), "{logical}: {found:?}");
        assert!(!found.contains(&"both=stack".to_owned()), "{logical}: {found:?}");
        assert!(found.contains(&format!("aws:cloudformation:stack-id={id}")), "{logical}: {found:?}");
    }
}

#[tokio::test]
async fn tags_that_are_aws_own_cannot_be_given() {
    let world = World::new();
    let mut input = submission("s", BODY);
    input["Tags"] = json!([{"Key": "aws:x", "Value": "a"}]);
    assert!(world.refused("CreateStack", input).await.contains("aws:"));
}
