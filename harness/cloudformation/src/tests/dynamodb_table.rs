//! Tables of DynamoDB in stacks.

use serde_json::{Value, json};

use super::world::World;

fn body(more: &str) -> String {
    format!(
        "Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{{AttributeName: id, KeyType: HASH}}]
{more}
Outputs:
  Arn: {{Value: !GetAtt T.Arn}}
"
    )
}

const FIRST: &str = "      TableName: catalog
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      BillingMode: PAY_PER_REQUEST
      Tags: [{Key: a, Value: b}]
";

const SECOND: &str = "      TableName: catalog
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: size, AttributeType: N}]
      ProvisionedThroughput: {ReadCapacityUnits: 2, WriteCapacityUnits: 3}
      GlobalSecondaryIndexes: [{IndexName: by-size, KeySchema: [{AttributeName: size, KeyType: HASH}], Projection: {ProjectionType: ALL}, ProvisionedThroughput: {ReadCapacityUnits: 4, WriteCapacityUnits: 5}}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      SSESpecification: {SSEEnabled: true}
      TimeToLiveSpecification: {AttributeName: until, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
";

async fn described(world: &World) -> Value {
    world.ok("dynamodb", "DescribeTable", json!({"TableName": "catalog"})).await["Table"].take()
}

#[tokio::test]
async fn a_table_is_made_changed_in_all_its_parts_and_deleted_with_its_stack() {
    let world = World::new();
    assert_eq!(world.create("s", &body(FIRST)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "T").await, "catalog");
    let first = described(&world).await;
    assert_eq!(
        (&first["TableStatus"], &first["BillingModeSummary"]["BillingMode"]),
        (&json!("ACTIVE"), &json!("PAY_PER_REQUEST"))
    );
    world.ok("dynamodb", "PutItem", json!({"TableName": "catalog", "Item": {"id": {"S": "a"}}})).await;

    assert_eq!(world.update("s", &body(SECOND)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let second = described(&world).await;
    assert_eq!(second["TableId"], first["TableId"], "it was changed in place");
    assert_eq!(second["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"], 5);
    assert_eq!(
        (&second["StreamSpecification"]["StreamViewType"], &second["SSEDescription"]["SSEType"]),
        (&json!("NEW_IMAGE"), &json!("KMS"))
    );
    let named = json!({"TableName": "catalog"});
    let live = world.ok("dynamodb", "DescribeTimeToLive", named.clone()).await;
    assert_eq!(live["TimeToLiveDescription"]["AttributeName"], "until");
    let backups = world.ok("dynamodb", "DescribeContinuousBackups", named.clone()).await;
    let recovery = &backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(recovery["PointInTimeRecoveryStatus"], "ENABLED");
    let tags = world.ok("dynamodb", "ListTagsOfResource", json!({"ResourceArn": second["TableArn"]})).await;
    assert_eq!(tags["Tags"], json!([]));

    assert_eq!(world.update("s", &body(FIRST)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let third = described(&world).await;
    assert_eq!((&third["GlobalSecondaryIndexes"], &third["SSEDescription"]), (&Value::Null, &Value::Null));
    assert_eq!(
        world.ok("dynamodb", "GetItem", json!({"TableName": "catalog", "Key": {"id": {"S": "a"}}})).await["Item"]["id"]["S"],
        "a"
    );
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(world.ok("dynamodb", "ListTables", json!({})).await["TableNames"], json!([]));
}

#[tokio::test]
async fn a_table_with_another_key_replaces_it() {
    let world = World::new();
    let keyed = |key: &str| {
        format!(
            "Resources: {{T: {{Type: AWS::DynamoDB::Table, Properties: {{KeySchema: [{{AttributeName: {key}, KeyType: HASH}}], \
             AttributeDefinitions: [{{AttributeName: {key}, AttributeType: S}}], BillingMode: PAY_PER_REQUEST}}}}}}"
        )
    };
    assert_eq!(world.create("s", &keyed("id")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let before = world.physical("s", "T").await;
    assert!(before.starts_with("s-T-"), "{before}");
    assert_eq!(world.update("s", &keyed("other")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_ne!(world.physical("s", "T").await, before);
    assert_eq!(world.ok("dynamodb", "ListTables", json!({})).await["TableNames"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_global_table_is_its_table_in_this_region() {
    let world = World::new();
    let body = |region: &str| {
        format!(
            "Resources:
  T:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: catalog
      KeySchema: [{{AttributeName: id, KeyType: HASH}}]
      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
      BillingMode: PAY_PER_REQUEST
      SSESpecification: {{SSEEnabled: true}}
      Replicas:
        - {{Region: eu-west-1}}
        - {{Region: {region}, DeletionProtectionEnabled: false, PointInTimeRecoverySpecification: {{PointInTimeRecoveryEnabled: true}}}}
Outputs:
  Id: {{Value: !GetAtt T.TableId}}
"
        )
    };
    assert_eq!(world.create("s", &body("us-east-1")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(described(&world).await["SSEDescription"]["Status"], "ENABLED");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(world.create("e", &body("eu-central-1")).await, "ROLLBACK_COMPLETE");
    assert!(world.reason("e", "T", "CREATE_FAILED").await.contains("must include the region of the stack"));
}
