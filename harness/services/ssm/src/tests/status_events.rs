use serde_json::{Value, json};

use super::{BOUND, Fixture};

const NODE: &str = "i-0123456789abcdef0";

/// `invocation Failed`, `command Failed`, in order.
fn told(f: &Fixture) -> Vec<String> {
    let word = |event: &Value| {
        assert_eq!(event["Source"], "aws.ssm");
        let detail: Value = serde_json::from_str(event["Detail"].as_str().unwrap()).unwrap();
        let kind = match event["DetailType"].as_str().unwrap() {
            "EC2 Command Invocation Status-change Notification" => "invocation",
            "EC2 Command Status-change Notification" => "command",
            other => panic!("{other}"),
        };
        format!("{kind} {}", detail["status"].as_str().unwrap())
    };
    f.events().iter().map(word).collect()
}

#[tokio::test]
async fn each_change_of_a_status_is_told_once() {
    let f = Fixture::new();
    f.node(NODE, &[]).await;
    let id = f.send(json!({"InstanceIds": [NODE]})).await;
    assert!(told(&f).is_empty(), "as long as it is pending nothing has changed");
    f.acknowledge(&id, NODE).await;
    for _ in 0..2 {
        f.reply(&id, NODE, "Failed", 1, "", "no such file").await;
    }
    assert_eq!(told(&f), ["invocation InProgress", "command InProgress", "invocation Failed", "command Failed"]);
    let failed = &f.events()[2];
    assert_eq!(failed["Resources"], json!([format!("arn:aws:ec2:us-east-1:{}:instance/{NODE}", super::ACCOUNT)]));
    let detail: Value = serde_json::from_str(failed["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["command-id"], id.as_str());
    assert_eq!((&detail["document-name"], &detail["instance-id"]), (&json!("AWS-RunShellScript"), &json!(NODE)));
    assert!(detail["requested-date-time"].as_str().unwrap().ends_with('Z'), "{detail}");
    let whole: Value = serde_json::from_str(f.events()[3]["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(whole["parameters"], json!({"commands": ["true"]}));
}

#[tokio::test]
async fn a_command_that_nobody_fetches_in_time_is_told_as_timed_out() {
    let f = Fixture::new();
    f.node(NODE, &[]).await;
    f.send(json!({"InstanceIds": [NODE], "TimeoutSeconds": 60})).await;
    f.region.clock().advance_to(f.region.clock().now() + jiff::SignedDuration::from_secs(61));
    let both = nightproof_poll::until(BOUND, || async {
        let told = told(&f);
        if told.len() == 2 { Ok(told) } else { Err(told) }
    });
    assert_eq!(both.await.unwrap(), ["invocation TimedOut", "command TimedOut"]);
}

#[tokio::test]
async fn a_cancelled_command_is_told_and_one_without_targets_is_a_success() {
    let f = Fixture::new();
    f.node(NODE, &[]).await;
    let id = f.send(json!({"InstanceIds": [NODE]})).await;
    f.ssm("CancelCommand", json!({"CommandId": id})).await.unwrap();
    assert_eq!(told(&f), ["invocation Cancelled", "command Cancelled"]);
    f.send(json!({"Targets": [{"Key": "tag:none", "Values": ["x"]}]})).await;
    assert_eq!(told(&f)[2..], ["command Success"]);
}
