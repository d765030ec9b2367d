//! Functions that run in machines.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use firedrill_journal::Journal;
use firedrill_region::embedded::{self, Embedded, EmbeddedOptions};
use firedrill_region::{Caller, tools};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";

struct Cloud {
    embedded: Embedded,
    _folder: tempfile::TempDir,
}

async fn cloud() -> Cloud {
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
    let allow =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["logs:*", "sqs:*"], "Resource": "*" }] });
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
    async fn call(&self, service: &str, operation: &str, input: Value) -> Value {
        self.embedded.region.call(&Caller::root(ACCOUNT), service, operation, input).await.unwrap()
    }

    async fn function(&self, name: &str, source: &str) {
        let input = json!({
            "FunctionName": name, "Runtime": "python3.11", "Handler": "index.handler", "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"),
            "Code": { "ZipFile": zip(source) }, "Timeout": 5, "Environment": { "Variables": { "GREETING": "hello" } },
        });
        self.call("lambda", "CreateFunction", input).await;
    }

    /// The answer, with its payload decoded.
    async fn invoke(&self, name: &str, payload: &Value) -> (Value, Value) {
        let input = json!({ "FunctionName": name, "Payload": STANDARD.encode(payload.to_string()), "LogType": "Tail" });
        let answer = self.call("lambda", "Invoke", input).await;
        let payload = STANDARD.decode(answer["Payload"].as_str().unwrap()).unwrap();
        (answer, serde_json::from_slice(&payload).unwrap())
    }

    async fn logs(&self, name: &str) -> Vec<String> {
        let input = json!({ "logGroupName": format!("/aws/lambda/{name}") });
        let found = self.embedded.region.call(&Caller::root(ACCOUNT), "logs", "FilterLogEvents", input).await.unwrap_or_default();
        found["events"].as_array().into_iter().flatten().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
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
