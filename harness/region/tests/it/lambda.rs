//! Functions that run in machines.

use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::Caller;
use nightproof_core::service::AwsError;
use nightproof_machine::tools;
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions};
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
        tools: Some(tools),
        ..EmbeddedOptions::new(ACCOUNT, folder.path().join("region"), env!("CARGO_BIN_EXE_nightproof-machine").into())
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
    zip_of(&[("index.py", source)])
}

pub(crate) fn zip_of(files: &[(&str, &str)]) -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
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
        self.function_that_ends_within(name, source, 60).await;
    }

    /// Its time-out is in seconds of real time: one that only a hang meets, where it is not what the test is about.
    async fn function_that_ends_within(&self, name: &str, source: &str, timeout: u32) {
        let input = json!({
            "FunctionName": name, "Runtime": "python3.11", "Handler": "index.handler", "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"),
            "Code": { "ZipFile": zip(source) }, "Timeout": timeout, "Environment": { "Variables": { "GREETING": "hello" } },
        });
        self.call("lambda", "CreateFunction", input).await;
        self.settled(name).await;
    }

    /// Waits until the function is created or updated.
    pub(crate) async fn settled(&self, name: &str) {
        let settled = nightproof_poll::until(crate::BOUND, || async {
            let seen = self.call("lambda", "GetFunctionConfiguration", json!({ "FunctionName": name })).await;
            if seen["State"] == "Active" && seen["LastUpdateStatus"] == "Successful" { Ok(()) } else { Err(seen) }
        });
        settled.await.unwrap_or_else(|seen| panic!("not settled: {seen}"));
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
        let received = nightproof_poll::until(crate::BOUND, || async {
            let mut answer =
                self.call("sqs", "ReceiveMessage", json!({ "QueueUrl": queue, "MessageAttributeNames": ["All"] })).await;
            answer["Messages"].as_array_mut().and_then(Vec::pop).ok_or(answer)
        });
        received.await.unwrap_or_else(|answer| panic!("no message came to {queue}: {answer}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_answers_with_its_environment_and_log() {
    let cloud = cloud().await;
    let source = "import os\nruns = 0\ndef handler(event, context):\n    global runs\n    runs += 1\n    print('got', event['n'])\n    \
                  return {'n': event['n'] + 1, 'greeting': os.environ['GREETING'], 'name': context.function_name, 'runs': runs, \
                  'region': os.environ['AWS_REGION'], 'left': context.get_remaining_time_in_millis() <= 60000}\n";
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

    cloud.function_that_ends_within("slow", "import time\ndef handler(event, context):\n    time.sleep(60)\n", 2).await;
    let (answer, payload) = cloud.invoke("slow", &json!({})).await;
    assert_eq!((answer["FunctionError"].as_str(), payload["errorType"].as_str()), (Some("Unhandled"), Some("Sandbox.Timedout")));
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("Error: Task timed out after 2.00 seconds"), "{payload}");
    let log = cloud.logs("slow").await;
    assert!(log.iter().any(|line| line.ends_with(" Task timed out after 2.00 seconds\n\n")), "{log:?}");
    assert!(log.last().unwrap().ends_with("Status: timeout\n") && !log.iter().any(|line| line.contains("SIGKILL")), "{log:?}");

    cloud.function("exits", "import os\ndef handler(event, context):\n    os._exit(1)\n").await;
    let (_, payload) = cloud.invoke("exits", &json!({})).await;
    assert_eq!(payload["errorType"], "Runtime.ExitError");
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("Error: Runtime exited with error: exit status 1"), "{payload}");

    cloud.function("killed", "import os, signal\ndef handler(event, context):\n    os.kill(os.getpid(), signal.SIGSEGV)\n").await;
    let (_, payload) = cloud.invoke("killed", &json!({})).await;
    assert!(
        payload["errorMessage"].as_str().unwrap().ends_with("Error: Runtime exited with error: signal: segmentation fault"),
        "{payload}"
    );

    cloud.function("leaves", "import sys\ndef handler(event, context):\n    sys.exit(0)\n").await;
    assert_eq!(cloud.invoke("leaves", &json!({})).await.1["errorType"], "Runtime.ExitError");
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

fn position(log: &[String], text: &str) -> usize {
    log.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("`{text}` is not in {log:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn initialization_that_fails_is_tried_again_within_the_invocation() {
    let cloud = cloud().await;
    cloud.function("fn", "print('loading')\nraise ValueError('no')\n").await;
    let (answer, payload) = cloud.invoke("fn", &json!({})).await;
    assert_eq!((&answer["FunctionError"], &payload["errorType"]), (&json!("Unhandled"), &json!("ValueError")));
    let log = cloud.logs("fn").await;
    assert_eq!(log.iter().filter(|line| *line == "loading\n").count(), 2, "{log:?}");
    let order = [
        "INIT_START Runtime Version: python:3.11",
        "Phase: init\tStatus: error\tError Type: ValueError",
        "Phase: invoke\tStatus: error\tError Type: ValueError",
        "START RequestId",
        "END RequestId",
        "REPORT RequestId",
    ];
    let positions = order.map(|text| position(&log, text));
    assert!(positions.is_sorted(), "{log:?}");
    assert!(
        log[positions[5]].ends_with("Status: error\tError Type: ValueError\n") && !log[positions[5]].contains("Init Duration"),
        "{log:?}"
    );
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_over_six_megabytes_is_refused() {
    let cloud = cloud().await;
    cloud.function("fn", "def handler(event, context):\n    return 'x' * event['n']\n").await;
    // With its quotation marks, exactly what an answer may be.
    let (_, payload) = cloud.invoke("fn", &json!({ "n": 6_291_556 - 2 })).await;
    assert_eq!(payload.as_str().map(str::len), Some(6_291_554));
    for more in [1, 4_000_000] {
        let (answer, payload) = cloud.invoke("fn", &json!({ "n": 6_291_554 + more })).await;
        assert_eq!(answer["FunctionError"], "Unhandled");
        let message = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
        assert_eq!(payload, json!({ "errorType": "Function.ResponseSizeTooLarge", "errorMessage": message }));
    }
    assert_eq!(cloud.invoke("fn", &json!({ "n": 1 })).await.1, "x", "the function goes on");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_measured_and_its_limit_kills() {
    let cloud = cloud().await;
    cloud
        .function(
            "fn",
            "def handler(event, context):\n    memory = b'x' * (event['mib'] * 1024 * 1024)\n    return len(memory)\n",
        )
        .await;
    let used = |answer: &Value| -> u64 {
        let tail = String::from_utf8(STANDARD.decode(answer["LogResult"].as_str().unwrap()).unwrap()).unwrap();
        tail.split("Max Memory Used: ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse().ok())
            .unwrap_or_else(|| panic!("{tail}"))
    };
    let idle = used(&cloud.invoke("fn", &json!({ "mib": 0 })).await.0);
    let (answer, payload) = cloud.invoke("fn", &json!({ "mib": 60 })).await;
    assert_eq!(payload, 60 * 1024 * 1024, "{answer}");
    assert!(idle > 5 && (idle + 55..idle + 75).contains(&used(&answer)), "{idle}, then {answer}");
    let (answer, payload) = cloud.invoke("fn", &json!({ "mib": 2000 })).await;
    assert_eq!(payload["errorType"], "Runtime.OutOfMemory", "{answer}");
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("Error: Runtime exited with error: signal: killed"), "{payload}");
    let log = cloud.logs("fn").await;
    assert!(log.last().unwrap().ends_with("Status: error\tError Type: Runtime.OutOfMemory\n"), "{log:?}");
    assert_eq!(cloud.invoke("fn", &json!({ "mib": 1 })).await.1, 1024 * 1024, "the next invocation has a new environment");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_takes_too_much_memory_is_killed_alone() {
    let cloud = cloud().await;
    let source = "import subprocess, sys\ndef handler(event, context):\n    \
                  return subprocess.run([sys.executable, '-c', 'x = b\"x\" * (2000 * 1024 * 1024)']).returncode\n";
    cloud.function("fn", source).await;
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, -9);
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ephemeral_storage_is_the_size_of_tmp() {
    let cloud = cloud().await;
    cloud
        .function(
            "fn",
            "import os\ndef handler(event, context):\n    stat = os.statvfs('/tmp')\n    return stat.f_frsize * stat.f_blocks\n",
        )
        .await;
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, 512 * 1024 * 1024);
    cloud
        .call("lambda", "UpdateFunctionConfiguration", json!({ "FunctionName": "fn", "EphemeralStorage": { "Size": 1000 } }))
        .await;
    cloud.settled("fn").await;
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, 1000 * 1024 * 1024);
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_json_goes_to_the_group_that_is_named() {
    let cloud = cloud().await;
    cloud.function("fn", "import logging\ndef handler(event, context):\n    logging.getLogger().warning('seen')\n    logging.getLogger().debug('unseen')\n").await;
    let logging = json!({ "LogFormat": "JSON", "LogGroup": "/shared/group" });
    cloud.call("lambda", "UpdateFunctionConfiguration", json!({ "FunctionName": "fn", "LoggingConfig": logging })).await;
    cloud.settled("fn").await;
    cloud.invoke("fn", &json!({})).await;
    assert!(cloud.logs("fn").await.is_empty());
    let found = cloud.call("logs", "FilterLogEvents", json!({ "logGroupName": "/shared/group" })).await;
    let events: Vec<Value> = found["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| serde_json::from_str(event["message"].as_str().unwrap()).ok())
        .collect();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["platform.initStart", "platform.start", "platform.report"], "{found}");
    let report = &events.iter().find(|event| event["type"] == "platform.report").unwrap()["record"];
    assert_eq!((&report["status"], &report["metrics"]["memorySizeMB"]), (&json!("success"), &json!(128)));
    let own: Vec<&Value> = events.iter().filter(|event| event["level"].is_string()).collect();
    assert_eq!(own.iter().map(|event| &event["message"]).collect::<Vec<_>>(), ["seen"], "{found}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_waits_too_long_is_gone() {
    let cloud = cloud().await;
    cloud.function("fn", "runs = 0\ndef handler(event, context):\n    global runs\n    runs += 1\n    return runs\n").await;
    let clock = cloud.embedded.region.clock().clone();
    let machines = || std::fs::read_dir(cloud.embedded.region.folder().join("m")).map_or(0, Iterator::count);
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, 1);
    clock.advance_to(clock.now() + jiff::SignedDuration::from_mins(4));
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, 2, "warm");
    assert_eq!(machines(), 1);
    clock.advance_to(clock.now() + jiff::SignedDuration::from_mins(5));
    let gone = nightproof_poll::until(crate::BOUND, || async { if machines() == 0 { Ok(()) } else { Err(machines()) } });
    assert_eq!(gone.await, Ok(()));
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, 1);
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_with_a_name_of_one_letter_runs() {
    let cloud = cloud().await;
    cloud.function("f", "def handler(event, context):\n    return context.function_name\n").await;
    assert_eq!(cloud.invoke("f", &json!({})).await.1, "f");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_gone_is_said() {
    let cloud = cloud().await;
    cloud.function("fn", "def handler(event, context): pass\n").await;
    cloud.call("iam", "DeleteRolePolicy", json!({ "RoleName": "r", "PolicyName": "p" })).await;
    cloud.call("iam", "DeleteRole", json!({ "RoleName": "r" })).await;
    let refused = cloud.try_call("lambda", "Invoke", json!({ "FunctionName": "fn" })).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        ("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.")
    );
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_function_that_runs_is_written_while_it_runs() {
    let cloud = cloud().await;
    let go = cloud.call("sqs", "CreateQueue", json!({ "QueueName": "go" })).await["QueueUrl"].clone();
    let source = "import boto3\nsqs = boto3.client('sqs')\ndef handler(event, context):\n    print('begun')\n    \
                  while not sqs.receive_message(QueueUrl=event['go']).get('Messages'): pass\n";
    cloud.function("fn", source).await;
    let event = json!({ "go": go });
    let running = cloud.invoke("fn", &event);
    let watching = async {
        let begun = nightproof_poll::until(crate::BOUND, || async {
            let logs = cloud.logs("fn").await;
            if logs.contains(&"begun\n".to_owned()) { Ok(()) } else { Err(logs) }
        });
        begun.await.expect("a running function logs");
        cloud.call("sqs", "SendMessage", json!({ "QueueUrl": go, "MessageBody": "go" })).await;
    };
    let ((answer, _), ()) = tokio::join!(running, watching);
    assert!(answer.get("FunctionError").is_none(), "{answer}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_and_aliases_run_what_they_name() {
    let cloud = cloud().await;
    let source = |answer: &str| {
        format!("def handler(event, context):\n    return ['{answer}', context.function_version, context.invoked_function_arn]\n")
    };
    cloud.function("fn", &source("old")).await;
    cloud.call("lambda", "PublishVersion", json!({ "FunctionName": "fn" })).await;
    cloud.call("lambda", "CreateAlias", json!({ "FunctionName": "fn", "Name": "live", "FunctionVersion": "1" })).await;
    cloud.update("fn", &source("new")).await;
    let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:fn");
    let (answer, payload) = cloud.invoke("fn:live", &json!({})).await;
    assert_eq!(payload, json!(["old", "1", format!("{arn}:live")]), "{answer}");
    assert_eq!(answer["ExecutedVersion"], "1");
    assert_eq!(cloud.invoke("fn", &json!({})).await.1, json!(["new", "$LATEST", arn]));
    assert!(cloud.logs("fn").await.iter().any(|line| line.starts_with("START") && line.ends_with("Version: 1\n")));
    cloud.call("lambda", "PublishVersion", json!({ "FunctionName": "fn" })).await;
    let both = json!({ "FunctionName": "fn", "Name": "live", "RoutingConfig": { "AdditionalVersionWeights": { "2": 1.0 } } });
    cloud.call("lambda", "UpdateAlias", both).await;
    assert_eq!(cloud.invoke("fn:live", &json!({})).await.1, json!(["new", "2", format!("{arn}:live")]), "all of the weight");
    let missing = cloud.try_call("lambda", "Invoke", json!({ "FunctionName": "fn", "Qualifier": "7" })).await.unwrap_err();
    assert_eq!((missing.code.as_str(), missing.message), ("ResourceNotFoundException", format!("Function not found: {arn}:7")));
    cloud.embedded.stop().await;
}
