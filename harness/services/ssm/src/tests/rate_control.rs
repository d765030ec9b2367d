use serde_json::{Value, json};

use super::Fixture;

const NODES: [&str; 3] = ["i-0123456789abcdef0", "i-0123456789abcdef1", "i-0123456789abcdef2"];

async fn details(f: &Fixture, command: &str) -> Vec<Value> {
    let mut details = Vec::new();
    for id in NODES {
        details.push(f.invocation(command, id).await["StatusDetails"].clone());
    }
    details
}

#[tokio::test]
async fn max_concurrency_holds_the_rest_back_until_one_is_done() {
    let f = Fixture::new();
    for id in NODES {
        f.node(id, &[]).await;
    }
    let id = f.send(json!({"InstanceIds": NODES, "MaxConcurrency": "1"})).await;
    assert_eq!(f.messages_now(NODES[0]).await.len(), 1);
    assert_eq!(f.messages_now(NODES[1]).await.len(), 0);
    f.reply(&id, NODES[0], "Success", 0, "", "").await;
    assert_eq!(f.messages_now(NODES[1]).await.len(), 1);
}

#[tokio::test]
async fn no_more_are_started_once_max_errors_is_passed() {
    let f = Fixture::new();
    for id in NODES {
        f.node(id, &[]).await;
    }
    let id = f.send(json!({"InstanceIds": NODES, "MaxConcurrency": "1", "MaxErrors": "1"})).await;
    f.reply(&id, NODES[0], "Failed", 1, "", "").await;
    assert_eq!(details(&f, &id).await, ["Failed", "Pending", "Pending"], "one error is tolerated");
    f.reply(&id, NODES[1], "Failed", 1, "", "").await;
    assert_eq!(details(&f, &id).await, ["Failed", "Failed", "Terminated"]);
    assert_eq!(f.command(&id).await["Status"], "Failed");
}

#[tokio::test]
async fn a_tolerated_error_leaves_the_command_incomplete() {
    let f = Fixture::new();
    for id in NODES {
        f.node(id, &[]).await;
    }
    let id = f.send(json!({"InstanceIds": NODES, "MaxErrors": "1"})).await;
    for (node, status) in NODES.iter().zip(["Success", "Failed", "Success"]) {
        f.reply(&id, node, status, 0, "", "").await;
    }
    let command = f.command(&id).await;
    assert_eq!((&command["StatusDetails"], &command["ErrorCount"]), (&json!("Incomplete"), &json!(1)));
}
