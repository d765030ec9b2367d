//! The built-in SSM agent answers what the real one did: `tests/agent/cases.json`, with the answers of amazon-ssm-agent in
//! `tests/agent/recorded.json`. `cargo xtask agent-parity --ssm-agent DIR` records them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use nightproof_core::Caller;
use nightproof_core::service::{AwsError, Body, empty_body};
use nightproof_machine::tools;
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::lambda::ACCOUNT;

const CASES: &str = include_str!("../agent/cases.json");
const RECORDED: &str = include_str!("../agent/recorded.json");
const TEMPLATE: &str = include_str!("../agent/template.yaml");
/// What differs, each with its reason.
const KNOWN: &str = include_str!("../agent/known.json");
/// All cases together take this long at most: some wait for a time-out.
const BOUND: Duration = Duration::from_secs(240);
/// Texts longer than this are recorded by their ends, length and digest.
const WHOLE: usize = 600;

/// A command to send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// For `AWS-RunShellScript`.
    #[serde(default)]
    commands: Vec<String>,
    /// Another document's content.
    document: Option<Value>,
    #[serde(default)]
    parameters: Map<String, Value>,
    /// Whether output goes to the bucket, or to one that is not there.
    #[serde(default)]
    bucket: Value,
    /// A case that has to have ended before.
    after: Option<String>,
    /// Whether the service refuses it.
    #[serde(default)]
    refused: bool,
}

struct Cloud {
    embedded: Embedded,
    instance: String,
    bucket: String,
    _folder: tempfile::TempDir,
}

impl Cloud {
    async fn start(agent_dir: Option<PathBuf>) -> Self {
        let tools = tokio::task::spawn_blocking(|| tools::ensure(|_| {})).await.unwrap().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            tools: Some(tools),
            agent_dir,
            ..EmbeddedOptions::new(ACCOUNT, folder.path().join("region"), env!("CARGO_BIN_EXE_nightproof-machine").into())
        };
        let embedded = embedded::start(options).await.unwrap();
        let mut cloud = Self { embedded, instance: String::new(), bucket: String::new(), _folder: folder };
        cloud
            .call(
                "cloudformation",
                "CreateStack",
                json!({ "StackName": "s", "TemplateBody": TEMPLATE, "Capabilities": ["CAPABILITY_IAM"] }),
            )
            .await;
        let made = nightproof_poll::until(BOUND, || async {
            let stack = cloud.call("cloudformation", "DescribeStacks", json!({ "StackName": "s" })).await["Stacks"][0].clone();
            if stack["StackStatus"] == "CREATE_COMPLETE" { Ok(stack) } else { Err(stack) }
        });
        let stack = made.await.unwrap_or_else(|stack| panic!("{stack}"));
        let output = |name: &str| {
            let outputs = stack["Outputs"].as_array().unwrap();
            let found = outputs.iter().find(|output| output["OutputKey"] == name).unwrap();
            found["OutputValue"].as_str().unwrap().to_owned()
        };
        (cloud.instance, cloud.bucket) = (output("Instance"), output("Bucket"));
        for (name, kind, value) in
            [("parity", "String", "a value"), ("parity-list", "StringList", "p,q"), ("parity-secret", "SecureString", "hidden")]
        {
            cloud.call("ssm", "PutParameter", json!({ "Name": name, "Type": kind, "Value": value })).await;
        }
        for key in ["in/file.txt", "in/more/other.txt"] {
            let input = json!({ "Bucket": cloud.bucket, "Key": key });
            let body: Body = nightproof_core::service::full_body(format!("content of {key}\n"));
            cloud.embedded.region.call_with_body(&Caller::root(ACCOUNT), "s3", "PutObject", input, body).await.unwrap();
        }
        let online = nightproof_poll::until(BOUND, || async {
            let list = cloud.call("ssm", "DescribeInstanceInformation", json!({})).await;
            if list["InstanceInformationList"][0]["PingStatus"] == "Online" { Ok(()) } else { Err(list) }
        });
        online.await.unwrap_or_else(|list| panic!("the agent did not come: {list}"));
        cloud
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Value {
        self.try_call(service, operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn try_call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.embedded.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    /// Sends the command of a case; its id, or the code that it is refused with.
    async fn send(&self, number: usize, case: &Case) -> Result<String, AwsError> {
        let mut parameters = case.parameters.clone();
        let document = match &case.document {
            None => {
                parameters.insert("commands".to_owned(), json!(case.commands));
                "AWS-RunShellScript".to_owned()
            }
            Some(content) => {
                let name = format!("case-{number}");
                let content = content.to_string().replace("BUCKET", &self.bucket);
                self.try_call("ssm", "CreateDocument", json!({ "Name": name, "Content": content, "DocumentType": "Command" }))
                    .await?;
                name
            }
        };
        let mut input = json!({ "DocumentName": document, "InstanceIds": [self.instance], "Parameters": parameters });
        match &case.bucket {
            Value::Bool(true) => {
                input["OutputS3BucketName"] = self.bucket.as_str().into();
                input["OutputS3KeyPrefix"] = "out".into();
            }
            Value::String(bucket) => input["OutputS3BucketName"] = bucket.as_str().into(),
            _ => {}
        }
        let sent = self.try_call("ssm", "SendCommand", input).await?;
        Ok(sent["Command"]["CommandId"].as_str().unwrap().to_owned())
    }

    /// What became of a command that has ended.
    async fn answer(&self, command: &str) -> Option<Value> {
        let list = self.call("ssm", "ListCommandInvocations", json!({ "CommandId": command, "Details": true })).await;
        let invocation = list["CommandInvocations"].get(0)?;
        if ["Pending", "InProgress", "Delayed"].iter().any(|status| invocation["Status"] == *status) {
            return None;
        }
        let mut plugins = Vec::new();
        for plugin in invocation["CommandPlugins"].as_array().into_iter().flatten() {
            let input = json!({ "CommandId": command, "InstanceId": self.instance, "PluginName": plugin["Name"] });
            let got = self.call("ssm", "GetCommandInvocation", input).await;
            plugins.push(json!({
                "name": plugin["Name"], "status": plugin["StatusDetails"], "code": plugin["ResponseCode"],
                "output": self.plain(command, &plugin["Output"]),
                "stdout": self.plain(command, &got["StandardOutputContent"]),
                "stderr": self.plain(command, &got["StandardErrorContent"]),
                "url": self.plain(command, &plugin["StandardOutputUrl"]),
            }));
        }
        Some(json!({ "status": invocation["StatusDetails"], "plugins": plugins, "objects": self.objects(command).await }))
    }

    /// The objects that a command's output became, by what of their keys is not the command's own.
    async fn objects(&self, command: &str) -> BTreeMap<String, Value> {
        let list = self.call("s3", "ListObjectsV2", json!({ "Bucket": self.bucket, "Prefix": "out/" })).await;
        let mut found = BTreeMap::new();
        for key in list["Contents"].as_array().into_iter().flatten().filter_map(|object| object["Key"].as_str()) {
            let Some((_, rest)) = key.split_once(command) else { continue };
            let input = json!({ "Bucket": self.bucket, "Key": key });
            let got = self.embedded.region.call_with_body(&Caller::root(ACCOUNT), "s3", "GetObject", input, empty_body()).await;
            let bytes = http_body_util::BodyExt::collect(got.unwrap().body.unwrap()).await.unwrap().to_bytes();
            found.insert(rest.replace(&self.instance, "INSTANCE"), short(&String::from_utf8_lossy(&bytes)));
        }
        found
    }

    /// A text without what differs from run to run.
    fn plain(&self, command: &str, text: &Value) -> Value {
        let text = text.as_str().unwrap_or_default();
        short(&text.replace(command, "COMMAND").replace(&self.instance, "INSTANCE").replace(&self.bucket, "BUCKET"))
    }

    /// Sends the commands of all cases; what became of each.
    async fn answers(&self, cases: &[Case]) -> BTreeMap<String, Value> {
        let (mut answers, mut sent, mut running) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let begun = std::time::Instant::now();
        while answers.len() < cases.len() {
            assert!(
                begun.elapsed() < BOUND,
                "no answer to {:?}",
                running.iter().map(|(case, _): &(&Case, String)| &case.name).collect::<Vec<_>>()
            );
            for (number, case) in cases.iter().enumerate() {
                let due = case.after.as_ref().is_none_or(|after| answers.contains_key(after));
                if due && running.len() < 5 && sent.insert(number) {
                    match self.send(number, case).await {
                        Ok(command) => running.push((case, command)),
                        Err(error) => drop(answers.insert(case.name.clone(), json!({ "refused": error.code }))),
                    }
                }
            }
            let mut left = Vec::new();
            for (case, command) in running {
                match self.answer(&command).await {
                    Some(answer) => drop(answers.insert(case.name.clone(), answer)),
                    None => left.push((case, command)),
                }
            }
            running = left;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        answers
    }
}

/// A long text by its ends, its length in bytes and its digest.
fn short(text: &str) -> Value {
    if text.len() <= WHOLE {
        return text.into();
    }
    let characters: Vec<char> = text.chars().collect();
    let (first, last) =
        (characters.iter().take(40).collect::<String>(), characters.iter().rev().take(80).rev().collect::<String>());
    json!({ "first": first, "last": last, "bytes": text.len(), "sha256": hex::encode(Sha256::digest(text)) })
}

fn cases() -> Vec<Case> {
    serde_json::from_str(CASES).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_agent_answers_as_the_real_one_did() {
    let (recorded, known): (BTreeMap<String, Value>, BTreeMap<String, String>) =
        (serde_json::from_str(RECORDED).unwrap(), serde_json::from_str(KNOWN).unwrap());
    let cases = cases();
    let cloud = Cloud::start(None).await;
    let answers = cloud.answers(&cases).await;
    cloud.embedded.stop().await;
    let differs: Vec<String> =
        cases.iter().filter(|case| recorded.get(&case.name) != answers.get(&case.name)).map(|case| case.name.clone()).collect();
    let told: Vec<String> = differs
        .iter()
        .filter(|name| !known.contains_key(*name))
        .map(|name| format!("{name}\n  real:     {}\n  built-in: {}", recorded.get(name).unwrap_or(&Value::Null), answers[name]))
        .collect();
    assert!(told.is_empty(), "{} of {} differ:\n{}", told.len(), cases.len(), told.join("\n"));
    let gone: Vec<&String> = known.keys().filter(|name| !differs.contains(name)).collect();
    assert!(gone.is_empty(), "these do not differ any more: {gone:?}");
    assert!(
        cases.iter().all(|case| case.refused == answers[&case.name].get("refused").is_some()),
        "what the service refuses is marked"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real agent: cargo xtask agent-parity"]
async fn the_real_agent_is_recorded() {
    let agent = std::env::var_os("NIGHTPROOF_SSM_AGENT").expect("the folder with the agent's programs");
    let cloud = Cloud::start(Some(agent.into())).await;
    let answers = cloud.answers(&cases()).await;
    cloud.embedded.stop().await;
    let lines: Vec<String> = answers.iter().map(|(name, answer)| format!("  {}: {answer}", Value::from(name.as_str()))).collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agent/recorded.json");
    std::fs::write(file, format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}
