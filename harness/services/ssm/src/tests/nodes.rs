use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Fixture;

const WEB: &str = "i-0123456789abcdef0";
const DB: &str = "i-0123456789abcdef1";

async fn ping(f: &Fixture) -> String {
    let output = f.ssm("DescribeInstanceInformation", json!({})).await.unwrap();
    output["InstanceInformationList"][0]["PingStatus"].as_str().unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_node_exists_once_its_agent_says_what_it_is() {
    let f = Fixture::new();
    f.instance(WEB, "running", &[]);
    f.agent(WEB, "ssm", "UpdateInstanceInformation", json!({"InstanceId": WEB})).await.unwrap();
    assert_eq!(ping(&f).await, "none");
    f.node(WEB, &[]).await;
    assert_eq!(ping(&f).await, "Online");
}

#[tokio::test]
async fn five_minutes_without_a_word_are_a_lost_connection_and_a_poll_is_a_word() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    f.region.clock().advance_to(f.region.clock().now() + SignedDuration::from_mins(6));
    assert_eq!(ping(&f).await, "ConnectionLost");
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    assert_eq!(f.invocation(&id, WEB).await["Status"], "Delayed");
    f.messages(WEB).await;
    assert_eq!(ping(&f).await, "Online");
}

#[tokio::test]
async fn an_agent_acts_for_its_own_instance_only() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    f.node(DB, &[]).await;
    let id = f.send(json!({"InstanceIds": [DB]})).await;
    let message = format!("aws.ssm.{id}.{DB}");
    for (service, operation, input) in [
        ("ssm", "UpdateInstanceInformation", json!({"InstanceId": DB, "PlatformType": "Linux"})),
        ("ec2messages", "GetMessages", json!({"Destination": DB, "MessagesRequestId": "r", "VisibilityTimeoutInSeconds": 10})),
        ("ec2messages", "AcknowledgeMessage", json!({"MessageId": message})),
        ("ec2messages", "SendReply", json!({"MessageId": message, "ReplyId": "x", "Payload": "{}"})),
    ] {
        let error = f.agent(WEB, service, operation, input).await.unwrap_err();
        assert_eq!(error.code, "AccessDeniedException", "{operation}");
    }
    let error = f.ssm("UpdateInstanceInformation", json!({"InstanceId": WEB})).await.unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
}

#[tokio::test]
async fn nodes_are_found_by_id_tag_and_ping_status() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[]).await;
    for (filter, count) in [
        (json!({"Key": "InstanceIds", "Values": [WEB]}), 1),
        (json!({"Key": "tag:Backup", "Values": ["Enabled"]}), 1),
        (json!({"Key": "PingStatus", "Values": ["Online"]}), 2),
        (json!({"Key": "PlatformTypes", "Values": ["Windows"]}), 0),
    ] {
        let output = f.ssm("DescribeInstanceInformation", json!({"Filters": [filter]})).await.unwrap();
        assert_eq!(output["InstanceInformationList"].as_array().unwrap().len(), count, "{filter}");
    }
}

#[tokio::test]
async fn a_terminated_instance_is_no_managed_node_and_what_it_ran_is_undeliverable() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    f.instance(WEB, "terminated", &[]);
    assert_eq!(ping(&f).await, "none");
    assert_eq!(f.invocation(&id, WEB).await["StatusDetails"], "Undeliverable");
}

#[tokio::test]
async fn an_agent_has_no_associations() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let output = f.agent(WEB, "ssm", "ListInstanceAssociations", json!({"InstanceId": WEB})).await.unwrap();
    assert_eq!(output, json!({"Associations": []}));
}

#[tokio::test]
async fn an_agent_registers_its_own_instance_and_needs_no_activation() {
    let f = Fixture::new();
    let register = |more: Value| f.agent(WEB, "ssm", "RegisterManagedInstance", more);
    let of_the_agent = json!({"InstanceId": WEB, "PublicKey": "k", "PublicKeyType": "Rsa", "Fingerprint": "f"});
    assert_eq!(register(of_the_agent).await.unwrap(), json!({"InstanceId": WEB}));
    assert_eq!(register(json!({"InstanceId": DB})).await.unwrap_err().code, "AccessDeniedException");
    let error = register(json!({"ActivationId": "a", "ActivationCode": "c"})).await.unwrap_err();
    assert!(error.code == "NotImplemented" && error.message.contains("ActivationId"), "{error}");
}

#[tokio::test]
async fn what_an_agent_says_beyond_what_is_known_of_its_calls_refuses_none_of_them() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    let message = format!("aws.ssm.{id}.{WEB}");
    let item =
        json!({"TypeName": "AWS:Application", "SchemaVersion": "1.1", "CaptureTime": "2026-11-23T03:00:00Z", "Content": [{}]});
    for (service, operation, mut input) in [
        ("ssm", "UpdateInstanceInformation", json!({"PlatformType": "Linux", "AgentStatus": "Active", "IPAddress": "10.0.0.7"})),
        ("ssm", "ListInstanceAssociations", json!({"InstanceId": WEB, "MaxResults": 20})),
        ("ssm", "UpdateInstanceAssociationStatus", json!({"InstanceId": WEB, "AssociationId": "a"})),
        ("ssm", "PutInventory", json!({"InstanceId": WEB, "Items": [item]})),
        ("ec2messages", "GetEndpoint", json!({"Destination": WEB})),
        ("ec2messages", "AcknowledgeMessage", json!({"MessageId": message})),
        ("ec2messages", "SendReply", json!({"MessageId": message, "ReplyId": "x", "Payload": "{}"})),
        ("ec2messages", "FailMessage", json!({"MessageId": message, "FailureType": "InternalHandlerException"})),
        ("ec2messages", "DeleteMessage", json!({"MessageId": message})),
    ] {
        if operation != "PutInventory" {
            input["OfANewerAgent"] = json!({"Nested": [1]});
        }
        f.agent(WEB, service, operation, input).await.unwrap();
    }
    let nodes = f.ssm("DescribeInstanceInformation", json!({})).await.unwrap();
    assert_eq!(nodes["InstanceInformationList"][0]["IPAddress"], "10.0.0.7");
    let error = f.ssm("PutInventory", json!({"InstanceId": WEB, "Items": [item]})).await.unwrap_err();
    assert_eq!(error.code, "NotImplemented", "anybody but an agent would miss what is not kept");
}
