//! Functions that run in machines.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use firedrill_journal::Journal;
use firedrill_region::embedded::{self, Embedded, EmbeddedOptions};
use firedrill_region::service::AwsError;
use firedrill_region::{Caller, tools};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";

pub(crate) struct Cloud {
    pub(crate) embedded: Embedded,
    _folder: tempfile::TempDir,
}

pub(crate) async fn cloud() -> Cloud {
    let tools = tokio::task::spawn_blocking(|| tools::ensure(|_| {})).await.unwrap().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        account: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        folder: folder.path().join("region"),
        program: PathBuf::from(env!("CARGO_BIN_EXE_firedrill-machine")),
        agent_dir: None,
        tools: Some(tools),
        port: 0,
        journal: Journal::default(),
    };
    let cloud = Cloud { embedded: embedded::start(options).await.unwrap(), _folder: folder };
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
    cloud.call("iam", "CreateRole", json!({ "RoleName": "r", "AssumeRolePolicyDocument": trust.to_string() })).await;
    let allow = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["logs:*", "sqs:*", "lambda:*", "events:*", "s3:*"], "Resource": "*" }] });
    let policy = json!({ "RoleName": "r", "PolicyName": "p", "PolicyDocument": allow.to_string() });
    cloud.call("iam", "PutRolePolicy", policy).await;
    cloud
}

fn zip(source: &str) -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("index.py", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(source.as_bytes()).unwrap();
    STANDARD.encode(writer.finish().unwrap().into_inner())
}

impl Cloud {
    pub(crate) async fn call(&self, service: &str, operation: &str, input: Value) -> Value {
        self.try_call(service, operation, input).await.unwrap()
    }

    pub(crate) async fn try_call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.embedded.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    /// Gives the function new code, and waits until it runs.
    pub(crate) async fn update(&self, name: &str, source: &str) {
        self.call("lambda", "UpdateFunctionCode", json!({ "FunctionName": name, "ZipFile": zip(source) })).await;
        self.settled(name).await;
    }

    pub(crate) async fn function(&self, name: &str, source: &str) {
        let input = json!({
            "FunctionName": name, "Runtime": "python3.11", "Handler": "index.handler", "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"),
            "Code": { "ZipFile": zip(source) }, "Timeout": 5, "Environment": { "Variables": { "GREETING": "hello" } },
        });
        self.call("lambda", "CreateFunction", input).await;
        self.settled(name).await;
    }

    /// Waits until the function is created or updated.
    pub(crate) async fn settled(&self, name: &str) {
        let mut seen = Value::Null;
        for _ in 0..500 {
            seen = self.call("lambda", "GetFunctionConfiguration", json!({ "FunctionName": name })).await;
            if seen["State"] == "Active" && seen["LastUpdateStatus"] == "Successful" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("not settled: {seen}");
    }

    /// The answer, with its payload decoded.
    pub(crate) async fn invoke(&self, name: &str, payload: &Value) -> (Value, Value) {
        let input = json!({ "FunctionName": name, "Payload": STANDARD.encode(payload.to_string()), "LogType": "Tail" });
        let answer = self.call("lambda", "Invoke", input).await;
        let payload = STANDARD.decode(answer["Payload"].as_str().unwrap()).unwrap();
        (answer, serde_json::from_slice(&payload).unwrap())
    }

    pub(crate) async fn logs(&self, name: &str) -> Vec<String> {
        let input = json!({ "logGroupName": format!("/aws/lambda/{name}") });
        let found = self.embedded.region.call(&Caller::root(ACCOUNT), "logs", "FilterLogEvents", input).await.unwrap_or_default();
        found["events"].as_array().into_iter().flatten().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
    }
}

impl Cloud {
    /// Waits for a message in a queue.
    pub(crate) async fn received(&self, queue: &Value) -> Value {
        for _ in 0..2500 {
            let mut answer =
                self.call("sqs", "ReceiveMessage", json!({ "QueueUrl": queue, "MessageAttributeNames": ["All"] })).await;
            if let Some(message) = answer["Messages"].as_array_mut().and_then(Vec::pop) {
                return message;
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        panic!("no message came to {queue}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_answers_with_its_environment_and_log() {
    let cloud = cloud().await;
    let source = "import os\nruns = 0\ndef handler(event, context):\n    global runs\n    runs += 1\n    print('got', event['n'])\n    \
                  return {'n': event['n'] + 1, 'greeting': os.environ['GREETING'], 'name': context.function_name, 'runs': runs, \
                  'region': os.environ['AWS_REGION'], 'left': context.get_remaining_time_in_millis() <= 5000}\n";
    cloud.function("fn", source).await;
    let (answer, payload) = cloud.invoke("fn", &json!({ "n": 1 })).await;
    let wanted = json!({ "n": 2, "greeting": "hello", "name": "fn", "runs": 1, "region": "us-east-1", "left": true });
    assert_eq!(payload, wanted, "{answer}");
    assert_eq!((answer["StatusCode"].as_i64(), answer.get("FunctionError")), (Some(200), None));
    let tail = String::from_utf8(STANDARD.decode(answer["LogResult"].as_str().unwrap()).unwrap()).unwrap();
    assert!(tail.contains("START RequestId: ") && tail.contains("got 1\n") && tail.contains("REPORT RequestId: "), "{tail}");
    assert!(cloud.logs("fn").await.contains(&"got 1\n".to_owned()));
    let (_, payload) = cloud.invoke("fn", &json!({ "n": 5 })).await;
    assert_eq!(payload["runs"], 2, "the environment is warm");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_apart() {
    let cloud = cloud().await;
    cloud.function("raises", "def handler(event, context):\n    raise ValueError('bad')\n").await;
    let (answer, payload) = cloud.invoke("raises", &json!({})).await;
    assert_eq!(answer["FunctionError"], "Unhandled");
    assert_eq!((payload["errorType"].as_str(), payload["errorMessage"].as_str()), (Some("ValueError"), Some("bad")));
    assert!(payload["stackTrace"].is_array());

    cloud.function("slow", "import time\ndef handler(event, context):\n    time.sleep(60)\n").await;
    let (answer, payload) = cloud.invoke("slow", &json!({})).await;
    assert_eq!((answer["FunctionError"].as_str(), payload["errorType"].as_str()), (Some("Unhandled"), Some("Sandbox.Timedout")));
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("Error: Task timed out after 5.00 seconds"), "{payload}");
    assert!(cloud.logs("slow").await.iter().any(|line| line.contains("Task timed out after 5.00 seconds")));

    cloud.function("exits", "import os\ndef handler(event, context):\n    os._exit(1)\n").await;
    let (_, payload) = cloud.invoke("exits", &json!({})).await;
    assert_eq!(payload["errorType"], "Runtime.ExitError");
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("Error: Runtime exited with error: exit status 1"), "{payload}");

    cloud.function("imports", "import no_such_module\n").await;
    assert_eq!(cloud.invoke("imports", &json!({})).await.1["errorType"], "Runtime.ImportModuleError");
    cloud.function("missing", "x = 1\n").await;
    assert_eq!(cloud.invoke("missing", &json!({})).await.1["errorType"], "Runtime.HandlerNotFound");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_calls_as_the_functions_role() {
    let cloud = cloud().await;
    cloud
        .function(
            "fn",
            "import boto3\ndef handler(event, context):\n    return boto3.client('sts').get_caller_identity()['Arn']\n",
        )
        .await;
    let (answer, payload) = cloud.invoke("fn", &json!({})).await;
    assert_eq!(payload, format!("arn:aws:sts::{ACCOUNT}:assumed-role/r/fn"), "{answer}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_finishes_on_the_old_code_and_what_follows_runs_the_new() {
    let cloud = cloud().await;
    // It waits, inside the handler, until its queue has a message: the update happens in the meantime.
    let old = "import boto3, os\nsqs = boto3.client('sqs')\ndef handler(event, context):\n    \
               if 'queue' in event:\n        sqs.send_message(QueueUrl=event['running'], MessageBody='x')\n        \
               while not sqs.receive_message(QueueUrl=event['queue']).get('Messages'): pass\n    \
               return ['old', os.environ['GREETING']]\n";
    cloud.function("fn", old).await;
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, json!(["old", "hello"]), "an idle environment of the old code");
    let mut queues = Vec::new();
    for name in ["running", "go"] {
        queues.push(cloud.call("sqs", "CreateQueue", json!({ "QueueName": name })).await["QueueUrl"].clone());
    }
    let event = json!({ "running": queues[0], "queue": queues[1] });
    let running = cloud.invoke("fn", &event);
    let update = async {
        cloud.received(&queues[0]).await;
        cloud.update("fn", "import os\ndef handler(event, context):\n    return ['new', os.environ['GREETING']]\n").await;
        assert_eq!(cloud.invoke("fn", &json!({})).await.1, json!(["new", "hello"]));
        cloud.call("sqs", "SendMessage", json!({ "QueueUrl": queues[1], "MessageBody": "go" })).await;
    };
    let ((_, finished), ()) = tokio::join!(running, update);
    assert_eq!(finished, json!(["old", "hello"]));
    let configuration = json!({ "FunctionName": "fn", "Environment": { "Variables": { "GREETING": "bye" } } });
    cloud.call("lambda", "UpdateFunctionConfiguration", configuration).await;
    cloud.settled("fn").await;
    assert_eq!(
        cloud.invoke("fn", &json!({})).await.1,
        json!(["new", "bye"]),
        "no environment of the old configuration is used again"
    );
    cloud.embedded.stop().await;
}
