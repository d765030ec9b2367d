//! Layers, URLs and mappings of functions.

use nightproof_journal::Event;
use serde_json::{Value, json};

use super::world::{World, template};

/// The role of a function that may do this.
fn role(action: &str) -> String {
    format!(
        "Role: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}]}}, \
         Policies: [{{PolicyName: p, PolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: '{action}', Resource: '*'}}]}}}}]}}}}"
    )
}

/// A zip without files.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn body(auth: &str, batch: u32, layer: &str) -> String {
    let role = role("sqs:*");
    template(&format!(
        "{{{role}, Q: {{Type: AWS::SQS::Queue}}, \
         L: {{Type: AWS::Lambda::LayerVersion, Properties: {{LayerName: l, Description: {layer}, Content: {{S3Bucket: code-1, S3Key: l.zip}}}}}}, \
         LP: {{Type: AWS::Lambda::LayerVersionPermission, Properties: {{LayerVersionArn: !Ref L, Action: 'lambda:GetLayerVersion', Principal: '*'}}}}, \
         F: {{Type: AWS::Lambda::Function, Properties: {{Runtime: python3.13, Handler: index.h, Role: !GetAtt Role.Arn, Layers: [!Ref L], Code: {{ZipFile: x}}}}}}, \
         U: {{Type: AWS::Lambda::Url, Properties: {{TargetFunctionArn: !GetAtt F.Arn, AuthType: {auth}}}}}, \
         P: {{Type: AWS::Lambda::Permission, Properties: {{FunctionName: !Ref F, Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: {auth}}}}}, \
         M: {{Type: AWS::Lambda::EventSourceMapping, Properties: {{FunctionName: !Ref F, EventSourceArn: !GetAtt Q.Arn, BatchSize: {batch}}}}}}}"
    ))
}

#[tokio::test]
async fn a_function_has_layers_a_url_and_a_queue() {
    let world = World::new();
    world.ok("s3", "CreateBucket", json!({"Bucket": "code-1"})).await;
    let input = json!({"Bucket": "code-1", "Key": "l.zip", "ContentLength": EMPTY_ZIP.len()});
    world.put_object(input, nightproof_core::service::full_body(EMPTY_ZIP)).await;
    assert_eq!(world.create("s", &body("NONE", 5, "one")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let function = world.physical("s", "F").await;
    let of_function = json!({"FunctionName": function});
    let shown = world.ok("lambda", "GetFunctionConfiguration", of_function.clone()).await;
    assert_eq!(shown["Layers"][0]["Arn"], "arn:aws:lambda:us-east-1:111122223333:layer:l:1");
    let url = async || world.ok("lambda", "GetFunctionUrlConfig", json!({"FunctionName": function})).await;
    assert_eq!(url().await["AuthType"], "NONE");
    let mapping = async || -> Value {
        let list = world.ok("lambda", "ListEventSourceMappings", json!({"FunctionName": function})).await;
        list["EventSourceMappings"][0].clone()
    };
    let first = mapping().await;
    assert_eq!((&first["State"], &first["BatchSize"]), (&json!("Enabled"), &json!(5)));

    assert_eq!(world.update("s", &body("AWS_IAM", 6, "two")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let second = mapping().await;
    assert_eq!((&second["UUID"], &second["BatchSize"]), (&first["UUID"], &json!(6)), "changed in place");
    assert_eq!(url().await["AuthType"], "AWS_IAM");
    let shown = world.ok("lambda", "GetFunctionConfiguration", of_function).await;
    assert_eq!(shown["Layers"][0]["Arn"], "arn:aws:lambda:us-east-1:111122223333:layer:l:2", "a layer's version is replaced");

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    let mappings = world.ok("lambda", "ListEventSourceMappings", json!({})).await;
    let layers = world.ok("lambda", "ListLayers", json!({})).await;
    assert_eq!((&mappings["EventSourceMappings"], &layers["Layers"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_mapping_of_a_table_s_stream_reads_it() {
    let world = World::new();
    let role = role("dynamodb:*");
    let body = |size: u32| {
        template(&format!(
            "{{{role}, \
             F: {{Type: AWS::Lambda::Function, Properties: {{Runtime: python3.13, Handler: index.h, Role: !GetAtt Role.Arn, Code: {{ZipFile: x}}}}}}, \
             T: {{Type: AWS::DynamoDB::Table, Properties: {{KeySchema: [{{AttributeName: a, KeyType: HASH}}], AttributeDefinitions: [{{AttributeName: a, AttributeType: S}}], \
             BillingMode: PAY_PER_REQUEST, StreamSpecification: {{StreamViewType: NEW_IMAGE}}}}}}, \
             M: {{Type: AWS::Lambda::EventSourceMapping, Properties: {{FunctionName: !Ref F, EventSourceArn: !GetAtt T.StreamArn, StartingPosition: LATEST, BatchSize: {size}}}}}}}"
        ))
    };
    assert_eq!(world.create("s", &body(10)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let mapping = async || world.ok("lambda", "GetEventSourceMapping", json!({"UUID": world.physical("s", "M").await})).await;
    let first = mapping().await;
    assert_eq!((&first["State"], &first["BatchSize"]), (&json!("Enabled"), &json!(10)));
    assert_eq!(world.update("s", &body(20)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let second = mapping().await;
    assert_eq!((&second["UUID"], &second["BatchSize"]), (&first["UUID"], &json!(20)), "changed in place");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn a_mapping_of_a_cluster_of_kafka_is_a_record() {
    let world = World::new();
    let body = |size: u32| {
        template(&format!(
            "{{M: {{Type: AWS::Lambda::EventSourceMapping, Properties: {{FunctionName: f, Topics: [t], StartingPosition: LATEST, BatchSize: {size}, \
             EventSourceArn: 'arn:aws:kafka:us-east-1:111122223333:cluster/c/0a1b2c3d-1111-2222-3333-444455556666-1'}}}}}}"
        ))
    };
    assert_eq!(world.create("s", &body(10)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "M").await.len(), 36);
    let records = world.region.journal().records();
    let is_it = |event: &Event| matches!(event, Event::Recorded { logical_id, .. } if logical_id == "M");
    assert!(records.iter().any(|record| is_it(&record.event)), "{records:?}");
    assert_eq!(world.update("s", &body(20)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}
