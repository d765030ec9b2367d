//! Functions in Node.js, by this host's interpreter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_journal::{Event, OTHER_RUNTIME};
use nightproof_machine::node::Node;
use serde_json::{Value, json};

use crate::lambda::{ACCOUNT, Cloud, cloud, zip_of};

impl Cloud {
    async fn try_node(&self, name: &str, files: &[(&str, &str)], more: &Value) -> Result<(), String> {
        let mut input = json!({
            "FunctionName": name, "Runtime": "nodejs20.x", "Handler": "index.handler", "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"),
            "Code": { "ZipFile": zip_of(files) }, "Timeout": 60, "MemorySize": 256,
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.try_call("lambda", "CreateFunction", input).await.map_err(|error| format!("{}: {}", error.code, error.message))?;
        self.settled(name).await;
        Ok(())
    }

    async fn node(&self, name: &str, files: &[(&str, &str)], more: &Value) {
        self.try_node(name, files, more).await.unwrap();
    }
}

fn tail(answer: &Value) -> String {
    String::from_utf8(STANDARD.decode(answer["LogResult"].as_str().unwrap()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_of_both_kinds_answer_in_an_environment_as_on_aws() {
    let cloud = cloud().await;
    let source = "let runs = 0;\nexports.handler = async (event, context) => {\n  console.log('got %d\\nand', event.n, 'more');\n  runs += 1;\n  \
                  return { n: event.n + 1, runs, name: context.functionName, left: context.getRemainingTimeInMillis() <= 60000, \
                  region: process.env.AWS_REGION, path: process.env.NODE_PATH, heap: process.execArgv.includes('--max-old-space-size=231') };\n};\n";
    cloud.node("cjs", &[("index.js", source)], &json!({})).await;
    let (answer, payload) = cloud.invoke("cjs", &json!({ "n": 1 })).await;
    let path = "/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task";
    let wanted = json!({ "n": 2, "runs": 1, "name": "cjs", "left": true, "region": "us-east-1", "path": path, "heap": true });
    assert_eq!(payload, wanted, "{answer}");
    assert_eq!(answer.get("FunctionError"), None);
    let log = tail(&answer);
    assert!(log.contains("\tINFO\tgot 1\nand more\n") && log.contains("REPORT RequestId: "), "{log}");
    let lines = cloud.logs("cjs").await;
    assert!(lines.iter().any(|line| line.ends_with("\tINFO\tgot 1\nand more\n")), "an event keeps its lines: {lines:?}");
    assert!(
        lines.iter().any(|line| line
            .starts_with("INIT_START Runtime Version: nodejs:20.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:")),
        "{lines:?}"
    );
    assert_eq!(cloud.invoke("cjs", &json!({ "n": 5 })).await.1["runs"], 2, "the environment is warm");

    let layer = json!({ "LayerName": "l", "Content": { "ZipFile": zip_of(&[("nodejs/node_modules/of-layer/index.js", "module.exports = 42")]) } });
    let layer = cloud.call("lambda", "PublishLayerVersion", layer).await["LayerVersionArn"].clone();
    let source = "import ofLayer from 'of-layer';\nimport { other } from './other.mjs';\nconst one = await Promise.resolve(1);\n\
                  export const handler = async () => ofLayer + other + one;\n";
    let files = [("index.mjs", source), ("other.mjs", "export const other = 100;")];
    cloud.node("esm", &files, &json!({ "Layers": [layer] })).await;
    assert_eq!(cloud.invoke("esm", &json!({})).await.1, 143);
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_told_as_on_aws_and_an_exit_ends_the_environment() {
    let cloud = cloud().await;
    let source = "exports.handler = (event, context, callback) => {\n  if (event.kind === 'raise') throw new TypeError('bad');\n  \
                  if (event.kind === 'error') callback(new RangeError('called'));\n  \
                  else if (event.kind === 'late') { setTimeout(() => console.log('later'), 50); callback(null, 'done'); }\n  \
                  else if (event.kind === 'lost') { Promise.reject(new Error('lost')); }\n  \
                  else if (event.kind === 'exit') process.exit(7);\n};\n";
    cloud.node("f", &[("index.js", source)], &json!({})).await;
    let invoke = async |kind: &str| cloud.invoke("f", &json!({ "kind": kind })).await;
    let (answer, payload) = invoke("raise").await;
    assert_eq!(answer["FunctionError"], "Unhandled");
    assert_eq!((payload["errorType"].as_str(), payload["errorMessage"].as_str()), (Some("TypeError"), Some("bad")));
    assert!(payload["trace"][1].as_str().unwrap().contains("(/var/task/index.js:2:"), "{payload}");
    assert!(
        tail(&answer).contains("\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"bad\",\"stack\":["),
        "{answer}"
    );
    assert_eq!(invoke("error").await.1["errorMessage"], "called");
    let (answer, payload) = invoke("late").await;
    assert_eq!(payload, "done");
    assert!(tail(&answer).contains("\tINFO\tlater\n"), "a callback waits for the event loop: {}", tail(&answer));
    let (answer, payload) = invoke("lost").await;
    assert_eq!(payload["errorType"], "Runtime.UnhandledPromiseRejection");
    assert_eq!(payload["errorMessage"], "Error: lost");
    assert!(tail(&answer).contains("Error: Runtime exited with error: exit status 128\nRuntime.ExitError"), "{}", tail(&answer));
    let (answer, payload) = invoke("exit").await;
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("Error: Runtime exited with error: exit status 7"), "{answer}");

    cloud.node("hangs", &[("index.js", "exports.handler = () => { while (true); };")], &json!({ "Timeout": 2 })).await;
    assert_eq!(cloud.invoke("hangs", &json!({})).await.1["errorType"], "Sandbox.Timedout");
    cloud.node("syntax", &[("index.js", "exports.handler = async ( => 1")], &json!({})).await;
    assert_eq!(cloud.invoke("syntax", &json!({})).await.1["errorType"], "Runtime.UserCodeSyntaxError");
    cloud.node("nothing", &[("index.js", "")], &json!({})).await;
    let payload = cloud.invoke("nothing", &json!({})).await.1;
    assert_eq!(payload["errorMessage"], "index.handler is undefined or not exported");
    cloud.node("module", &[("index.js", "require('left-pad')")], &json!({})).await;
    let payload = cloud.invoke("module", &json!({})).await.1;
    assert_eq!(payload["errorType"], "Runtime.ImportModuleError");
    assert!(
        payload["errorMessage"]
            .as_str()
            .unwrap()
            .starts_with("Error: Cannot find module 'left-pad'\nRequire stack:\n- /var/task/index.js")
    );
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_streams_answers_with_all_that_it_wrote() {
    let cloud = cloud().await;
    let payload = async |name: &str| {
        let answer = cloud.call("lambda", "Invoke", json!({ "FunctionName": name })).await;
        assert_eq!(answer.get("FunctionError"), None, "{answer}");
        String::from_utf8(STANDARD.decode(answer["Payload"].as_str().unwrap()).unwrap()).unwrap()
    };
    let source = "export const handler = awslambda.streamifyResponse(async (event, stream) => {\n  stream.write('Hello,');\n  \
                  await new Promise((resume) => setTimeout(resume, 10));\n  stream.write({ a: 1 });\n  stream.end();\n});";
    cloud.node("streams", &[("index.mjs", source)], &json!({})).await;
    assert_eq!(payload("streams").await, "Hello,{\"a\":1}");
    assert_eq!(payload("streams").await, "Hello,{\"a\":1}", "the environment goes on");
    let source = "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n  \
                  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });\n  stream.write('made');\n  stream.end();\n});";
    cloud.node("answers", &[("index.js", source)], &json!({})).await;
    assert_eq!(payload("answers").await, "{\"statusCode\":201}\0\0\0\0\0\0\0\0made");
    let source = "export const handler = awslambda.streamifyResponse(async () => { throw new TypeError('no'); });";
    cloud.node("fails", &[("index.mjs", source)], &json!({})).await;
    let (answer, payload) = cloud.invoke("fails", &json!({})).await;
    assert_eq!((&answer["FunctionError"], &payload["errorType"]), (&json!("Unhandled"), &json!("TypeError")));
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lacking_here_and_not_on_aws_is_refused_by_name() {
    let cloud = cloud().await;
    // A name that is made up while it runs is seen by nobody before.
    let source = "export const handler = async () => import('@aws-sdk/' + 'client-ssm');";
    cloud.node("loads", &[("index.mjs", source)], &json!({})).await;
    let refused = cloud.try_call("lambda", "Invoke", json!({ "FunctionName": "loads" })).await.unwrap_err();
    assert!(refused.code == "NotImplemented" && refused.message.contains("`@aws-sdk/client-ssm`"), "{refused}");
    // Found in the function's own package, it is the function's.
    let files = [
        ("index.js", "exports.handler = async () => require('@aws-sdk/client-ssm').own"),
        ("node_modules/@aws-sdk/client-ssm/index.js", "exports.own = 1"),
    ];
    cloud.node("brings", &files, &json!({})).await;
    assert_eq!(cloud.invoke("brings", &json!({})).await.1, 1);

    let (host, wanted) = (Node::of_host().unwrap().major(), [22, 24]);
    let other = wanted.into_iter().find(|major| *major != host).unwrap();
    cloud
        .node("other", &[("index.mjs", "export const handler = () => 5;")], &json!({ "Runtime": format!("nodejs{other}.x") }))
        .await;
    let records = cloud.embedded.region.journal().records();
    let told = records.iter().any(|record| matches!(&record.event, Event::Finding { id, detail } if id == OTHER_RUNTIME && detail.starts_with("function other: runs on this host's Node.js ")));
    assert!(told, "{records:?}");
    assert_eq!(cloud.invoke("other", &json!({})).await.1, if other == 24 { json!(5) } else { Value::Null });
    cloud.embedded.stop().await;
}
