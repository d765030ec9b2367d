use std::sync::atomic::Ordering;

use serde_json::json;

use super::world::{BOUND, World, submission, template};

#[tokio::test]
async fn a_stack_can_be_deleted_while_it_is_created() {
    let world = World::new();
    world.boots.hang.store(true, Ordering::SeqCst);
    let image = world.ok("ec2", "DescribeImages", json!({})).await["Images"][0]["ImageId"].as_str().unwrap().to_owned();
    let body = template(&format!(
        "{{I: {{Type: AWS::EC2::Instance, Properties: {{InstanceType: t3.micro, ImageId: {image}}}}}, \
         Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: made}}}}, Later: {{Type: AWS::SQS::Queue, DependsOn: I}}}}"
    ));
    let stack = world.stack("CreateStack", submission("s", &body)).await["StackId"].as_str().unwrap().to_owned();
    let made = nightproof_poll::until(BOUND, || async {
        let history = world.history("s").await;
        let made = history.contains(&"Q CREATE_COMPLETE".to_owned()) && !world.physical("s", "I").await.is_empty();
        if made { Ok(()) } else { Err(history) }
    });
    made.await.unwrap();
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status(&stack).await, "DELETE_COMPLETE");
    let history = world.history(&stack).await;
    assert!(history.contains(&"I CREATE_FAILED".to_owned()), "{history:?}");
    assert!(history.contains(&"I DELETE_COMPLETE".to_owned()), "{history:?}");
    assert!(history.iter().all(|line| !line.starts_with("Later") && !line.contains("ROLLBACK")), "{history:?}");
    assert_eq!(world.reason(&stack, "I", "CREATE_FAILED").await, "Resource creation cancelled");
    world.call("sqs", "GetQueueUrl", json!({"QueueName": "made"})).await.unwrap_err();
    // Its name is free again.
    let other = template("{Q: {Type: AWS::SQS::Queue}}");
    assert_eq!(world.create("s", &other).await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn an_export_in_use_keeps_its_stack() {
    let world = World::new();
    let exporting = "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Value: !GetAtt Q.Arn, Export: {Name: queue}}}";
    let importing = "Parameters: {N: {Type: String, Default: queue}}\nResources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !ImportValue {'Fn::Sub': '${N}'}}}}";
    assert_eq!(world.create("exporter", exporting).await, "CREATE_COMPLETE");
    assert!(world.refused("ListImports", json!({"ExportName": "queue"})).await.contains("is not imported by any stack"));
    assert_eq!(world.create("importer", importing).await, "CREATE_COMPLETE");
    let imports = world.stack("ListImports", json!({"ExportName": "queue"})).await;
    assert_eq!(imports["Imports"], json!(["importer"]));
    let refused = world.refused("DeleteStack", json!({"StackName": "exporter"})).await;
    assert!(refused.contains("Export queue cannot be deleted as it is in use by importer"), "{refused}");
    assert_eq!(world.status("exporter").await, "CREATE_COMPLETE");
    world.stack("DeleteStack", json!({"StackName": "importer"})).await;
    world.settled("importer").await;
    world.stack("DeleteStack", json!({"StackName": "exporter"})).await;
    assert_eq!(world.status("exporter").await, "gone");
}

#[tokio::test]
async fn a_name_is_exported_once_and_what_nobody_exports_cannot_be_imported() {
    let world = World::new();
    let body = "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Value: a, Export: {Name: n}}}";
    assert_eq!(world.create("a", body).await, "CREATE_COMPLETE");
    assert_eq!(world.create("b", body).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("b", "b", "ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "Export with name n is already exported by stack a. Rollback requested by user.");
    let body = template("{Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue none}}}");
    assert_eq!(world.create("c", &body).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("c", "c", "ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "No export named none found. Rollback requested by user.");
}

#[tokio::test]
async fn what_cannot_be_deleted_can_be_retained() {
    let world = World::new();
    let body = template("{B: {Type: AWS::S3::Bucket, Properties: {BucketName: full}}, Q: {Type: AWS::SQS::Queue}}");
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE");
    let early = json!({"StackName": "s", "RetainResources": ["B"]});
    assert!(world.refused("DeleteStack", early.clone()).await.contains("DELETE_FAILED"));
    world.put_object(json!({"Bucket": "full", "Key": "k", "ContentLength": 1}), nightproof_core::service::full_body("x")).await;
    let stack = world.settled("s").await["StackId"].as_str().unwrap().to_owned();
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "DELETE_FAILED");
    assert_eq!(world.settled("s").await["StackStatusReason"], "The following resource(s) failed to delete: [B]. ");
    let unknown = json!({"StackName": "s", "RetainResources": ["Z"]});
    assert!(world.refused("DeleteStack", unknown).await.contains("[Z]"));
    world.stack("DeleteStack", early).await;
    assert_eq!(world.status(&stack).await, "DELETE_COMPLETE");
    world.ok("s3", "HeadBucket", json!({"Bucket": "full"})).await;
    assert_eq!(world.history(&stack).await.iter().filter(|line| *line == "Q DELETE_COMPLETE").count(), 1);
}

#[tokio::test]
async fn a_protected_stack_stays() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE");
    world.stack("UpdateTerminationProtection", json!({"StackName": "s", "EnableTerminationProtection": true})).await;
    let refused = world.refused("DeleteStack", json!({"StackName": "s"})).await;
    assert!(refused.contains("Stack [s] cannot be deleted while TerminationProtection is enabled"), "{refused}");
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}
