//! Layers, URLs and mappings of functions.

use nightproof_journal::Event;
use serde_json::{Value, json};

use super::world::{World, template};

const ROLE: &str = "Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}]}, \
    Policies: [{PolicyName: p, PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]}}]}}";

/// A zip without files.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn body(auth: &str, batch: u32, layer: &str) -> String {
    template(&format!(
        "{{{ROLE}, Q: {{Type: AWS::SQS::Queue}}, \
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
async fn a_mapping_of_a_table_s_stream_is_a_record() {
    let world = World::new();
    let body = |size: u32| {
        format!(
            "Resources:
  T: {{Type: AWS::DynamoDB::Table, Properties: {{KeySchema: [{{AttributeName: a, KeyType: HASH}}], AttributeDefinitions: [{{AttributeName: a, AttributeType: S}}], BillingMode: PAY_PER_REQUEST, StreamSpecification: {{StreamViewType: NEW_IMAGE}}}}}}
  M: {{Type: AWS::Lambda::EventSourceMapping, Properties: {{FunctionName: f, EventSourceArn: !GetAtt T.StreamArn, StartingPosition: LATEST, BatchSize: {size}}}}}
"
        )
    };
    assert_eq!(world.create("s", &body(10)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "M").await.len(), 36);
    let records = world.region.journal().records();
    let told = |id: &str| {
        let is_it = |event: &Event| matches!(event, Event::Recorded { logical_id, .. } if logical_id == id);
        records.iter().any(|record| is_it(&record.event))
    };
    assert!(!told("T") && told("M"), "{records:?}");
    assert_eq!(world.update("s", &body(20)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}
