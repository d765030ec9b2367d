use serde_json::json;

use super::world::{World, submission, template};

/// An association that runs this line, and a runbook with this action.
fn body(hour: u8, line: &str, action: &str) -> String {
    template(&format!(
        "{{Nightly: {{Type: AWS::SSM::Association, Properties: {{Name: AWS-RunShellScript, AssociationName: nightly, ScheduleExpression: 'cron(0 {hour} * * ? *)', ApplyOnlyAtCronInterval: true, \
         Targets: [{{Key: 'tag:Backup', Values: [Enabled]}}], Parameters: {{commands: ['{line}']}}, Tags: [{{Key: a, Value: '1'}}]}}}}, \
         Runbook: {{Type: AWS::SSM::Document, Properties: {{DocumentType: Automation, Content: {{schemaVersion: '0.3', mainSteps: [{{name: wait, action: '{action}', inputs: {{Duration: PT1S}}}}]}}}}}}}}"
    ))
}

#[tokio::test]
async fn an_association_is_made_changed_in_place_and_deleted_and_a_runbook_runs() {
    let world = World::new();
    assert_eq!(world.create("s", &body(3, "dump", "aws:sleep")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let id = world.physical("s", "Nightly").await;
    assert_eq!(world.update("s", &body(4, "more", "aws:sleep")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "Nightly").await, id, "it was not replaced");
    let shown = world.ok("ssm", "DescribeAssociation", json!({"AssociationId": id})).await["AssociationDescription"].clone();
    assert_eq!((&shown["ScheduleExpression"], &shown["Parameters"]["commands"]), (&json!("cron(0 4 * * ? *)"), &json!(["more"])));
    assert_eq!((&shown["AssociationName"], &shown["AssociationVersion"]), (&json!("nightly"), &json!("2")));
    let runbook = world.physical("s", "Runbook").await;
    world.ok("ssm", "StartAutomationExecution", json!({"DocumentName": runbook})).await;
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(world.ok("ssm", "ListAssociations", json!({})).await["Associations"], json!([]));
}

#[tokio::test]
async fn a_runbook_with_an_action_that_is_not_done_here_is_told_by_its_name() {
    let world = World::new();
    world.stack("CreateStack", submission("s", &body(3, "dump", "aws:executeScript"))).await;
    assert_ne!(world.status("s").await, "CREATE_COMPLETE");
    let failures = world.failures("s").await.join("\n");
    assert!(failures.contains("aws:executeScript"), "{failures}");
}
