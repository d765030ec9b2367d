use serde_json::{Value, json};

use super::world::{World, template};

fn body(description: &str, retention: u8, bus: &str) -> String {
    template(&format!(
        "{{Bus: {{Type: AWS::Events::EventBus, Properties: {{Name: {bus}, Description: {description}, Tags: [{{Key: a, Value: b}}]}}}}, \
         Policy: {{Type: AWS::Events::EventBusPolicy, Properties: {{EventBusName: !Ref Bus, StatementId: all, Statement: {{Effect: Allow, Principal: '*', Action: 'events:PutEvents', Resource: !GetAtt Bus.Arn}}}}}}, \
         Account: {{Type: AWS::Events::EventBusPolicy, Properties: {{EventBusName: !Ref Bus, StatementId: one, Action: 'events:PutEvents', Principal: '444455556666'}}, DependsOn: Policy}}, \
         Kept: {{Type: AWS::Events::Archive, Properties: {{ArchiveName: kept, SourceArn: !GetAtt Bus.Arn, RetentionDays: {retention}, EventPattern: {{source: [s]}}}}}}, \
         Rule: {{Type: AWS::Events::Rule, Properties: {{Name: r, EventBusName: !Ref Bus, EventPattern: {{source: [s]}}, Targets: [{{Id: t, Arn: 'arn:aws:sqs:us-east-1:111122223333:q'}}]}}}}}}"
    ))
}

async fn statements(world: &World, bus: &str) -> Vec<Value> {
    let described = world.ok("events", "DescribeEventBus", json!({"Name": bus})).await;
    let policy: Value = serde_json::from_str(described["Policy"].as_str().unwrap_or("{}")).unwrap();
    policy["Statement"].as_array().into_iter().flatten().map(|one| one["Sid"].clone()).collect()
}

#[tokio::test]
async fn a_bus_has_its_policy_archive_and_rules_from_a_stack() {
    let world = World::new();
    assert_eq!(world.create("s", &body("d", 1, "orders")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "Bus").await, "orders");
    assert_eq!(world.physical("s", "Rule").await, "orders|r");
    assert_eq!(statements(&world, "orders").await, ["all", "one"]);

    assert_eq!(world.update("s", &body("e", 2, "orders")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.ok("events", "DescribeEventBus", json!({"Name": "orders"})).await["Description"], "e");
    let archive = world.ok("events", "DescribeArchive", json!({"ArchiveName": "kept"})).await;
    assert_eq!((&archive["RetentionDays"], &archive["EventPattern"]), (&json!(2), &json!("{\"source\":[\"s\"]}")));

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    let listed = world.ok("events", "ListEventBuses", json!({})).await;
    assert_eq!(listed["EventBuses"].as_array().map(Vec::len), Some(1), "the default bus is left");
}

#[tokio::test]
async fn a_rule_writes_to_the_log_group_of_its_stack_as_a_resource_policy_lets_it() {
    let world = World::new();
    let with_policy = |policy: &str| {
        template(&format!(
            "{{Group: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: /aws/events/seen}}}}, \
             Rule: {{Type: AWS::Events::Rule, Properties: {{Name: r, EventPattern: {{source: [s]}}, Targets: [{{Id: t, Arn: !GetAtt Group.Arn}}]}}}}{policy}}}"
        ))
    };
    let policy = ", Policy: {Type: AWS::Logs::ResourcePolicy, Properties: {PolicyName: p, PolicyDocument: '{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"same\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"events.amazonaws.com\"},\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":\"*\"}]}'}}";
    let other = policy.replace("Policy:", "Other:").replace("PolicyName: p", "PolicyName: o");
    let both = format!("{policy}{other}");
    assert_eq!(world.create("s", &with_policy(&both)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "Policy").await, "p");
    let entry = json!({"Source": "s", "DetailType": "t", "Detail": "{\"a\": 1}"});
    world.ok("events", "PutEvents", json!({"Entries": [entry]})).await;
    let events = json!({"logGroupName": "/aws/events/seen"});
    let written = nightproof_poll::until(std::time::Duration::from_secs(20), || async {
        let found = world.ok("logs", "FilterLogEvents", events.clone()).await;
        found["events"][0]["message"].as_str().map(str::to_owned).ok_or(found)
    });
    let message: Value = serde_json::from_str(&written.await.expect("an event is written")).unwrap();
    assert_eq!((&message["source"], &message["detail"]), (&json!("s"), &json!({"a": 1})));

    assert_eq!(world.update("s", &with_policy("")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let left = world.ok("logs", "DescribeResourcePolicies", json!({})).await;
    assert_eq!(left["resourcePolicies"], json!([]));
}
