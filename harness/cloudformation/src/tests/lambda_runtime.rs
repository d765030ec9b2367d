//! Functions whose runtime is not run here.

use nightproof_journal::Event;
use serde_json::json;

use super::world::World;

fn template(runtime: &str, code: &str) -> String {
    format!(
        "Resources:
  Role: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}]}}}}}}
  F: {{Type: AWS::Lambda::Function, Properties: {{Runtime: {runtime}, Handler: h, Role: !GetAtt Role.Arn, Code: {code}}}}}
"
    )
}

const INLINE: &str = "{ZipFile: x}";
const IN_BUCKET: &str = "{S3Bucket: code-of-others, S3Key: c.zip}";

/// A zip without files.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[tokio::test]
async fn a_function_of_another_runtime_is_a_record_and_told_so() {
    let world = World::new();
    world.ok("s3", "CreateBucket", json!({"Bucket": "code-of-others"})).await;
    let input = json!({"Bucket": "code-of-others", "Key": "c.zip", "ContentLength": EMPTY_ZIP.len()});
    world.put_object(input, nightproof_core::service::full_body(EMPTY_ZIP)).await;
    assert_eq!(world.create("s", &template("python3.13", INLINE)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let recorded = || {
        let records = world.region.journal().records();
        let found = records.iter().filter_map(|record| match &record.event {
            Event::Recorded { logical_id, properties, .. } => Some((logical_id.clone(), properties.clone())),
            _ => None,
        });
        found.collect::<Vec<_>>()
    };
    assert!(recorded().is_empty());
    assert_eq!(world.update("s", &template("ruby3.4", IN_BUCKET)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(recorded(), [("F".to_owned(), vec!["Runtime ruby3.4".to_owned()])]);
    let invoke = json!({"FunctionName": world.physical("s", "F").await, "Payload": ""});
    let error = world.call("lambda", "Invoke", invoke).await.unwrap_err();
    assert_eq!(error.code, "NotImplemented");
    assert!(error.message.contains("execution of functions of the runtime ruby3.4"), "{error}");
}

#[tokio::test]
async fn a_runtime_that_aws_has_no_more_is_refused_in_its_words() {
    let world = World::new();
    assert_eq!(world.create("s", &template("nodejs6.10", INLINE)).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "F", "CREATE_FAILED").await;
    assert!(reason.contains("The runtime parameter of nodejs6.10 is no longer supported"), "{reason}");
}

#[tokio::test]
async fn inline_code_is_of_the_languages_that_cloudformation_takes() {
    let world = World::new();
    assert_eq!(world.create("s", &template("java21", INLINE)).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "F", "CREATE_FAILED").await;
    assert!(reason.starts_with("ZipFile can only be used when Runtime is set to either of nodejs"), "{reason}");
}
