use serde_json::json;

use super::world::{World, submission};

/// Templates spell numbers and booleans as either; services get the types of their models.
#[tokio::test]
async fn a_scalar_takes_the_type_of_its_service_s_model() {
    let world = World::new();
    let body = "Resources:\n  \
        Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: '7', DisplayName: 12}}\n  \
        Rule: {Type: AWS::Events::Rule, Properties: {Name: 42, Description: 5, ScheduleExpression: rate(1 day), \
          Targets: [{Id: 1, Arn: !Ref Topic, RetryPolicy: {MaximumRetryAttempts: '3'}}]}}\n";
    assert_eq!(world.create("s", body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let rule = world.ok("events", "DescribeRule", json!({"Name": "42"})).await;
    assert_eq!(rule["Description"], "5");
    let targets = world.ok("events", "ListTargetsByRule", json!({"Rule": "42"})).await;
    assert_eq!(
        (&targets["Targets"][0]["Id"], &targets["Targets"][0]["RetryPolicy"]),
        (&json!("1"), &json!({"MaximumRetryAttempts": 3}))
    );
}

#[tokio::test]
async fn a_document_where_a_text_belongs_fails_its_resource() {
    let world = World::new();
    let body =
        "Resources:\n  Rule: {Type: AWS::Events::Rule, Properties: {Description: {a: b}, ScheduleExpression: rate(1 day)}}\n";
    assert_eq!(world.create("s", body).await, "ROLLBACK_COMPLETE");
    let failures = world.failures("s").await;
    let says = "#/Description: expected type: String, found: JSONObject";
    assert!(failures.iter().any(|reason| reason.contains(says)), "{failures:?}");
}

/// `true` spells every truth value as a text, and every number too.
fn spelled(as_text: bool) -> String {
    let scalar = |value: &str| if as_text { format!("'{value}'") } else { value.to_owned() };
    let (on, off, port, days) = (scalar("true"), scalar("false"), scalar("443"), scalar("9"));
    format!(
        "Resources:\n  \
         Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16, EnableDnsHostnames: {on}}}}}\n  \
         Subnet: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, MapPublicIpOnLaunch: {on}}}}}\n  \
         Group: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: {port}, VpcId: !Ref Vpc, \
           SecurityGroupIngress: [{{IpProtocol: {}, FromPort: {port}, ToPort: {port}, CidrIp: 0.0.0.0/0}}]}}}}\n  \
         Key: {{Type: AWS::KMS::Key, Properties: {{EnableKeyRotation: {on}, Enabled: {off}, PendingWindowInDays: {days}}}}}\n  \
         Bucket: {{Type: AWS::S3::Bucket, Properties: {{PublicAccessBlockConfiguration: {{BlockPublicAcls: {on}, IgnorePublicAcls: {off}}}, \
           LifecycleConfiguration: {{Rules: [{{Id: {days}, Status: Enabled, ExpirationInDays: {days}}}]}}}}}}\n  \
         Parameter: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: {days}}}}}\n\
         Outputs: {{Value: {{Value: !GetAtt Parameter.Value}}}}\n",
        scalar("6")
    )
}

#[tokio::test]
async fn scalars_of_properties_may_be_spelled_as_texts_or_not() {
    let world = World::new();
    for as_text in [true, false] {
        let name = format!("s{as_text}");
        let status = world.create(&name, &spelled(as_text)).await;
        assert_eq!(status, "CREATE_COMPLETE", "{:?}", world.failures(&name).await);
        let (key, group, bucket) =
            (world.physical(&name, "Key").await, world.physical(&name, "Group").await, world.physical(&name, "Bucket").await);
        let rotation = world.ok("kms", "DescribeKey", json!({"KeyId": key})).await;
        assert_eq!(rotation["KeyMetadata"]["Enabled"], false);
        let subnets = json!({"SubnetIds": [world.physical(&name, "Subnet").await]});
        assert_eq!(world.ok("ec2", "DescribeSubnets", subnets).await["Subnets"][0]["MapPublicIpOnLaunch"], true);
        let groups = world.ok("ec2", "DescribeSecurityGroups", json!({"GroupIds": [group]})).await;
        let (group, rule) = (&groups["SecurityGroups"][0], &groups["SecurityGroups"][0]["IpPermissions"][0]);
        assert_eq!((&group["Description"], &rule["FromPort"], &rule["IpProtocol"]), (&json!("443"), &json!(443), &json!("tcp")));
        let rules = world.ok("s3", "GetBucketLifecycleConfiguration", json!({"Bucket": bucket})).await;
        assert_eq!((&rules["Rules"][0]["ID"], &rules["Rules"][0]["Expiration"]["Days"]), (&json!("9"), &json!(9)));
        assert_eq!(world.settled(&name).await["Outputs"][0]["OutputValue"], "9");
        // The other spelling is no change.
        let refused = world.refused("UpdateStack", submission(&name, &spelled(!as_text))).await;
        assert!(refused.contains("No updates are to be performed."), "{refused}");
    }
}
