use nightproof_journal::Event;
use serde_json::{Value, json};

use super::world::{World, submission, template};

/// Logical id, type and properties of what the journal says is a record only.
fn told(world: &World) -> Vec<(String, String, Vec<String>)> {
    let events = world.region.journal().records().into_iter().map(|record| record.event);
    let recorded = events.filter_map(|event| match event {
        Event::Recorded { logical_id, kind, properties } => Some((logical_id, kind, properties)),
        _ => None,
    });
    recorded.collect()
}

fn database(properties: &str) -> String {
    format!(
        "Resources:
  Db: {{Type: AWS::RDS::DBInstance, DeletionPolicy: Snapshot, Properties: {{Engine: postgres, DBInstanceClass: db.t3.micro, {properties}}}}}
  Address: {{Type: AWS::SSM::Parameter, Properties: {{Name: address, Type: String, Value: !Sub '${{Db}} ${{Db.Endpoint.Address}}'}}}}
Outputs:
  Arn: {{Value: !GetAtt Db.DBInstanceArn}}
  Engine: {{Value: !GetAtt Db.Engine}}
"
    )
}

fn output<'a>(stack: &'a Value, key: &str) -> &'a Value {
    let outputs = stack["Outputs"].as_array().unwrap();
    &outputs.iter().find(|output| output["OutputKey"] == key).unwrap()["OutputValue"]
}

#[tokio::test]
async fn a_type_without_a_service_is_recorded_and_told() {
    let world = World::new();
    assert_eq!(
        world.create("s", &database("DBInstanceIdentifier: main")).await,
        "CREATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    assert_eq!(world.physical("s", "Db").await, "main");
    let stack = world.settled("s").await;
    assert_eq!(output(&stack, "Arn"), "arn:aws:rds:us-east-1:111122223333:db:main");
    assert_eq!(output(&stack, "Engine"), "postgres");
    let address = world.ok("ssm", "GetParameter", json!({"Name": "address"})).await["Parameter"]["Value"].clone();
    assert!(address.as_str().unwrap().starts_with("main main."), "{address}");
    assert_eq!(told(&world), [("Db".to_owned(), "AWS::RDS::DBInstance".to_owned(), Vec::new())]);
    // Its service stays what it is: not there.
    assert_eq!(world.call("rds", "DescribeDBInstances", json!({})).await.unwrap_err().code, "NotImplemented");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn a_record_is_changed_and_replaced_as_its_schema_says() {
    let world = World::new();
    assert_eq!(world.create("s", &database("AllocatedStorage: '20'")).await, "CREATE_COMPLETE");
    let before = world.physical("s", "Db").await;
    assert!(before.starts_with("s-db-"), "{before}");
    assert_eq!(world.update("s", &database("AllocatedStorage: '30'")).await, "UPDATE_COMPLETE");
    assert_eq!(world.physical("s", "Db").await, before);
    assert_eq!(world.update("s", &database("AllocatedStorage: '30', DBName: other")).await, "UPDATE_COMPLETE");
    assert_ne!(world.physical("s", "Db").await, before);
}

#[tokio::test]
async fn a_record_that_its_schema_does_not_have_fails_in_the_words_of_cloudformation() {
    let world = World::new();
    let body = template("{T: {Type: AWS::Athena::WorkGroup, Properties: {State: FREE}}}");
    assert_eq!(world.create("s", &body).await, "ROLLBACK_COMPLETE");
    assert_eq!(
        world.reason("s", "T", "CREATE_FAILED").await,
        "Properties validation failed for resource T with message:\n#: required key [Name] not found\n#/State: FREE is not a valid enum value"
    );
    assert_eq!(told(&world), []);
    let unknown = template("{T: {Type: AWS::Athena::WorkGroup, Properties: {Colour: red}}}");
    assert_eq!(world.create("u", &unknown).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("u", "T", "CREATE_FAILED").await;
    assert!(reason.ends_with("#: extraneous key [Colour] is not permitted"), "{reason}");
    let attribute = template(
        "{T: {Type: AWS::Athena::WorkGroup, Properties: {Name: w}}, P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt T.Colour}}}",
    );
    let refused = world.refused("CreateStack", submission("a", &attribute)).await;
    assert_eq!(refused, "ValidationError: Template error: resource T does not support attribute type Colour in Fn::GetAtt");
}

#[tokio::test]
async fn an_attribute_that_nothing_could_know_is_lacking() {
    let world = World::new();
    let body = template(
        "{D: {Type: AWS::RDS::DBInstance}, P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt D.DBInstanceStatus}}}",
    );
    let error = world.call("cloudformation", "CreateStack", submission("s", &body)).await.unwrap_err();
    assert_eq!(
        error.message,
        "cannot be rehearsed here: attribute `DBInstanceStatus` of `AWS::RDS::DBInstance` (P, line 1) is not supported"
    );
}

#[tokio::test]
async fn properties_that_no_backup_meets_are_recorded_and_told() {
    let world = World::new();
    let body = template(
        "{B: {Type: AWS::S3::Bucket, Properties: {WebsiteConfiguration: {IndexDocument: index.html}}}, R: {Type: AWS::S3::Bucket}}",
    );
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(told(&world), [("B".to_owned(), "AWS::S3::Bucket".to_owned(), vec!["WebsiteConfiguration".to_owned()])]);
}

#[tokio::test]
async fn a_bucket_has_what_its_properties_say() {
    let world = World::new();
    let body = template(
        "{L: {Type: AWS::S3::Bucket, Properties: {OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerPreferred}]}, AccessControl: LogDeliveryWrite}}, \
          Q: {Type: AWS::SQS::Queue}, \
          P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q], PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: 'sqs:SendMessage', Resource: !GetAtt Q.Arn}]}}}, \
          B: {Type: AWS::S3::Bucket, DependsOn: P, Properties: {ObjectLockEnabled: true, \
              ObjectLockConfiguration: {ObjectLockEnabled: Enabled, Rule: {DefaultRetention: {Mode: GOVERNANCE, Days: 1}}}, \
              CorsConfiguration: {CorsRules: [{AllowedMethods: [GET], AllowedOrigins: ['*'], MaxAge: 5}]}, \
              NotificationConfiguration: {QueueConfigurations: [{Event: 's3:ObjectCreated:*', Queue: !GetAtt Q.Arn}]}, \
              LifecycleConfiguration: {Rules: [{Id: a, Status: Enabled, ExpirationInDays: 9, TagFilters: [{Key: k, Value: v}]}]}}}}",
    );
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (bucket, log) = (world.physical("s", "B").await, world.physical("s", "L").await);
    let grants = world.ok("s3", "GetBucketAcl", json!({"Bucket": log})).await["Grants"].clone();
    assert!(grants.to_string().contains("LogDelivery"), "{grants}");
    let of = async |operation: &str| world.ok("s3", operation, json!({"Bucket": bucket})).await;
    assert_eq!(
        of("GetObjectLockConfiguration").await["ObjectLockConfiguration"]["Rule"]["DefaultRetention"],
        json!({"Mode": "GOVERNANCE", "Days": 1})
    );
    assert_eq!(of("GetBucketCors").await["CORSRules"][0]["MaxAgeSeconds"], 5);
    assert_eq!(of("GetBucketNotificationConfiguration").await["QueueConfigurations"][0]["Events"], json!(["s3:ObjectCreated:*"]));
    let rules = of("GetBucketLifecycleConfiguration").await["Rules"].clone();
    assert_eq!(rules[0]["Filter"], json!({"Tag": {"Key": "k", "Value": "v"}}));
    let plain = template("{B: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}}");
    assert_eq!(world.create("p", &plain).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("p", "B", "CREATE_FAILED").await;
    assert!(reason.starts_with("Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"), "{reason}");
}

#[tokio::test]
async fn a_bucket_replicates_as_its_stack_says() {
    let world = World::new();
    let body = |copies: &str, replication: &str| {
        template(&format!(
            "{{R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: s3.amazonaws.com}}}}]}}}}}}, \
              C: {{Type: AWS::S3::Bucket{copies}}}, \
              B: {{Type: AWS::S3::Bucket, Properties: {{VersioningConfiguration: {{Status: Enabled}}{replication}}}}}}}"
        ))
    };
    let versions = ", Properties: {VersioningConfiguration: {Status: Enabled}}";
    let rules = ", ReplicationConfiguration: {Role: !GetAtt R.Arn, Rules: [{Id: all, Status: Enabled, Priority: 1, \
                 Filter: {Prefix: nights/}, DeleteMarkerReplication: {Status: Disabled}, Destination: {Bucket: !GetAtt C.Arn}}]}";
    assert_eq!(world.create("s", &body(versions, rules)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (bucket, copies) = (world.physical("s", "B").await, world.physical("s", "C").await);
    let found = world.ok("s3", "GetBucketReplication", json!({"Bucket": bucket})).await["ReplicationConfiguration"].clone();
    assert_eq!(found["Rules"][0]["Destination"]["Bucket"], format!("arn:aws:s3:::{copies}"));
    assert_eq!((&found["Rules"][0]["ID"], &found["Rules"][0]["Filter"]), (&json!("all"), &json!({"Prefix": "nights/"})));

    assert_eq!(world.update("s", &body(versions, "")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let gone = world.call("s3", "GetBucketReplication", json!({"Bucket": bucket})).await.unwrap_err();
    assert_eq!(gone.code, "ReplicationConfigurationNotFoundError");

    assert_eq!(world.create("p", &body("", rules)).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("p", "B", "CREATE_FAILED").await;
    assert!(reason.starts_with("Destination bucket must have versioning enabled."), "{reason}");
}

#[tokio::test]
async fn a_property_that_a_resource_was_given_is_an_attribute_of_it() {
    let world = World::new();
    let body = template(
        "{T: {Type: AWS::SNS::Topic, Properties: {DisplayName: shown}}, \
          P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: !GetAtt T.DisplayName}}}",
    );
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.ok("ssm", "GetParameter", json!({"Name": "p"})).await["Parameter"]["Value"], "shown");
}
