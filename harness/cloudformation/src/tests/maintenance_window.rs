use serde_json::{Value, json};

use super::world::{World, template};

const ROLE: &str = "Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ssm.amazonaws.com}}}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonSSMMaintenanceWindowRole']}}";

/// A window with a target and a task that runs this line.
fn body(window: &str, tag: &str, line: &str) -> String {
    template(&format!(
        "{{{ROLE}, \
         Window: {{Type: AWS::SSM::MaintenanceWindow, Properties: {{Name: night, Schedule: 'cron(0 0 3 ? * * *)', ScheduleTimezone: America/Chicago, Duration: 3, Cutoff: 1, AllowUnassociatedTargets: false{window}}}}}, \
         Target: {{Type: AWS::SSM::MaintenanceWindowTarget, Properties: {{WindowId: !Ref Window, ResourceType: INSTANCE, Targets: [{{Key: 'tag:Backup', Values: [{tag}]}}]}}}}, \
         Task: {{Type: AWS::SSM::MaintenanceWindowTask, Properties: {{WindowId: !Ref Window, TaskType: RUN_COMMAND, TaskArn: AWS-RunShellScript, Priority: 1, ServiceRoleArn: !GetAtt Role.Arn, MaxConcurrency: '2', MaxErrors: '0', \
         Targets: [{{Key: WindowTargetIds, Values: [!GetAtt Target.WindowTargetId]}}], \
         TaskInvocationParameters: {{MaintenanceWindowRunCommandParameters: {{Parameters: {{commands: ['{line}']}}, TimeoutSeconds: 600}}}}}}}}}}"
    ))
}

async fn of_window(world: &World, operation: &str, member: &str) -> Value {
    let window = world.physical("s", "Window").await;
    world.ok("ssm", operation, json!({"WindowId": window})).await[member].clone()
}

#[tokio::test]
async fn a_window_its_target_and_its_task_are_made_changed_in_place_and_deleted() {
    let world = World::new();
    let first = body(", Description: old, Tags: [{Key: a, Value: '1'}]", "Enabled", "dump");
    assert_eq!(world.create("s", &first).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let ids = [world.physical("s", "Window").await, world.physical("s", "Target").await, world.physical("s", "Task").await];
    assert!(ids[0].starts_with("mw-0") && ids[0].len() == 20, "{ids:?}");
    let tags = json!({"ResourceType": "MaintenanceWindow", "ResourceId": ids[0]});
    let tags = world.ok("ssm", "ListTagsForResource", tags).await["TagList"].clone();
    assert!(tags.as_array().unwrap().contains(&json!({"Key": "a", "Value": "1"})), "{tags}");
    assert_eq!(of_window(&world, "DescribeMaintenanceWindowTargets", "Targets").await[0]["WindowTargetId"], json!(ids[1]));

    let second = body(", ScheduleOffset: 1", "Nightly", "dump all");
    assert_eq!(world.update("s", &second).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let after = [world.physical("s", "Window").await, world.physical("s", "Target").await, world.physical("s", "Task").await];
    assert_eq!(ids, after, "nothing was replaced");
    let window = world.ok("ssm", "GetMaintenanceWindow", json!({"WindowId": ids[0]})).await;
    assert_eq!((&window["ScheduleOffset"], &window["Description"]), (&json!(1), &json!(null)));
    assert_eq!(
        of_window(&world, "DescribeMaintenanceWindowTargets", "Targets").await[0]["Targets"][0]["Values"],
        json!(["Nightly"])
    );
    let task = world.ok("ssm", "GetMaintenanceWindowTask", json!({"WindowId": ids[0], "WindowTaskId": ids[2]})).await;
    let command = &task["TaskInvocationParameters"]["RunCommand"];
    assert_eq!((&command["Parameters"]["commands"], &command["TimeoutSeconds"]), (&json!(["dump all"]), &json!(600)));

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(world.ok("ssm", "DescribeMaintenanceWindows", json!({})).await["WindowIdentities"], json!([]));
}

#[tokio::test]
async fn a_task_that_is_a_state_machine_is_registered_with_input_and_name() {
    let world = World::new();
    let run = "TaskType: RUN_COMMAND, TaskArn: AWS-RunShellScript";
    let parameters = "MaintenanceWindowRunCommandParameters: {Parameters: {commands: ['dump']}, TimeoutSeconds: 600}";
    let machine = body("", "Enabled", "dump")
        .replace(run, "TaskType: STEP_FUNCTIONS, TaskArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:SSMNight'")
        .replace(parameters, "MaintenanceWindowStepFunctionsParameters: {Input: '{}', Name: '{{INVOCATION_ID}}'}");
    assert_eq!(world.create("s", &machine).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let task = json!({"WindowId": world.physical("s", "Window").await, "WindowTaskId": world.physical("s", "Task").await});
    let task = world.ok("ssm", "GetMaintenanceWindowTask", task).await;
    let parameters = &task["TaskInvocationParameters"]["StepFunctions"];
    assert_eq!((&task["TaskType"], parameters), (&json!("STEP_FUNCTIONS"), &json!({"Input": "{}", "Name": "{{INVOCATION_ID}}"})));
}

#[tokio::test]
async fn a_window_is_for_a_resource_group() {
    let world = World::new();
    let group = body("", "Enabled", "dump")
        .replace("ResourceType: INSTANCE", "ResourceType: RESOURCE_GROUP")
        .replace("Key: 'tag:Backup', Values: [Enabled]", "Key: 'resource-groups:Name', Values: [servers]");
    assert_eq!(world.create("s", &group).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let target = of_window(&world, "DescribeMaintenanceWindowTargets", "Targets").await;
    assert_eq!(target[0]["Targets"], json!([{"Key": "resource-groups:Name", "Values": ["servers"]}]));
}
