//! A region in this process, in which a case happens.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Reply, empty_body};
use nightproof_core::{Caller, Region};
use nightproof_drill::{Data, Endpoint, FireBy, Local, Outcome, Plan};
use nightproof_faults::{Faults, Rule};
use nightproof_journal::{Event, Journal};
use nightproof_machine::tools::Tools;
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions, Trigger};
use nightproof_scenarios::BUNDLED;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::draw::Case;
use super::witness;

/// For a mishap's script to end.
const SCRIPT_BOUND: Duration = Duration::from_secs(20);

const ACCOUNT: &str = "123456789012";

pub(super) struct Stage {
    embedded: Embedded,
    folder: tempfile::TempDir,
    journal: Journal,
}

impl Stage {
    pub(super) async fn open(case: &Case, tools: Tools) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("a folder");
        for (name, content) in &case.files {
            let path = data.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        let journal = Journal::default();
        let options = EmbeddedOptions {
            tools: Some(tools),
            journal: journal.clone(),
            ..EmbeddedOptions::new(ACCOUNT, folder.path().join("region"), env!("CARGO_BIN_EXE_nightproof-scenario").into())
        };
        Self { embedded: embedded::start(options).await.expect("a region"), folder, journal }
    }

    /// Rehearses the case; nothing is destroyed, so that it can be looked at.
    pub(super) async fn drill(&self, case: &Case) -> Outcome {
        let run = nightproof_drill::new_run();
        let key = (self.embedded.credentials.access_key_id.as_str(), self.embedded.credentials.secret_access_key.as_str());
        let url = Some(self.embedded.endpoint_url.clone());
        let plan = Plan {
            endpoint: Endpoint::with_key(url, Some(self.embedded.ca_pem.clone()), "us-east-1", key),
            run,
            expires: None,
            review: None,
            recorded_as: None,
            native: None,
            variant: nightproof_drill::NightVariant::default(),
            fire_by: FireBy::default(),
            cloud: "embedded".to_owned(),
            template: template(case),
            parameters: Vec::new(),
            provisions: nightproof_drill::Provisions::default(),
            data: Data::Folder(self.data()),
            data_path: "/var/www/html".to_owned(),
            rule: None,
            bucket: None,
            restore_script: None,
            demands: nightproof_drill::Demands::default(),
            nights: case.nights,
            attack: false,
            control: None,
            strict: false,
            keep: true,
            folder: self.folder.path().join("drill"),
        };
        let chaos = Chaos {
            region: self.region().clone(),
            armed: Arc::clone(&self.embedded.faults),
            trigger: self.embedded.trigger(),
            stack: plan.stack(),
            before: case.before.clone(),
            faults: case.faults.iter().map(|fault| serde_json::from_value(fault.clone()).expect("a fault")).collect(),
        };
        let outcome = nightproof_drill::run(plan, Some(Arc::new(chaos)), &self.journal, CancellationToken::new()).await;
        self.embedded.faults.set(Vec::new());
        outcome
    }

    /// The data that was seeded.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn region(&self) -> &Region {
        &self.embedded.region
    }

    pub(super) async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Reply, AwsError> {
        self.region().call_with_body(&Caller::root(ACCOUNT), service, operation, input, empty_body()).await
    }

    /// Processes that have to do with the region.
    pub(super) fn processes(&self) -> Vec<String> {
        witness::processes_of(self.folder.path())
    }

    /// Every event so far.
    pub(super) fn events(&self) -> Vec<Event> {
        self.journal.records().into_iter().map(|record| record.event).collect()
    }

    /// Ends the region; answers what is left of it: processes (those who have something mounted in its folder included) and the folder.
    pub(super) async fn close(self) -> Vec<String> {
        self.embedded.stop().await;
        let path = self.folder.path().to_owned();
        let mut left = witness::processes_of(&path);
        drop(self.folder);
        left.extend(path.exists().then(|| format!("folder {}", path.display())));
        left
    }
}

/// The stack. What is waited for in vain is waited for in real time here.
fn template(case: &Case) -> String {
    let text = case.drawn.map_or_else(|| BUNDLED.to_owned(), |drawn| drawn.template());
    if case.faults.is_empty() && case.before.is_empty() {
        return text;
    }
    text.replace("TimeoutSeconds=600", "TimeoutSeconds=30").replace("\"3600\"", "\"30\"")
}

/// What only a local region can do, with the case's mishaps.
struct Chaos {
    region: Region,
    armed: Arc<Faults>,
    trigger: Trigger,
    stack: String,
    before: Vec<Value>,
    faults: Vec<Rule>,
}

impl Chaos {
    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        let answered = self.region.call(&Caller::root(ACCOUNT), service, operation, input).await;
        answered.map_err(|error| format!("{service}:{operation}: {error}"))
    }

    /// A mishap with the ids that resources really have. One that cannot happen (its victim is gone since the night before) does not.
    async fn befall(&self, mishap: &Value) -> Result<(), String> {
        let found = self.call("cloudformation", "DescribeStackResources", json!({"StackName": self.stack})).await?;
        let mut text = mishap.to_string();
        for resource in found["StackResources"].as_array().into_iter().flatten() {
            let (logical, physical) = (&resource["LogicalResourceId"], &resource["PhysicalResourceId"]);
            text = text.replace(&format!("${{{}}}", logical.as_str().unwrap_or_default()), physical.as_str().unwrap_or_default());
        }
        let mishap: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if let Some(call) = mishap.get("call") {
            let name = |member: &str| call[member].as_str().unwrap_or_default();
            self.call(name("service"), name("operation"), call["input"].clone()).await.ok();
            return Ok(());
        }
        let instances: Vec<&Value> = found["StackResources"].as_array().into_iter().flatten().collect();
        let instances =
            instances.iter().filter(|one| one["ResourceType"] == "AWS::EC2::Instance").map(|one| &one["PhysicalResourceId"]);
        let parameters = json!({"commands": [mishap["script"]]});
        let input =
            json!({"DocumentName": "AWS-RunShellScript", "InstanceIds": instances.collect::<Vec<_>>(), "Parameters": parameters});
        let Ok(sent) = self.call("ssm", "SendCommand", input).await else { return Ok(()) };
        let ended = nightproof_poll::try_until(SCRIPT_BOUND, || async {
            let listed = self.call("ssm", "ListCommands", json!({"CommandId": sent["Command"]["CommandId"]})).await?;
            let runs = matches!(listed["Commands"][0]["Status"].as_str(), Some("Pending" | "InProgress"));
            Ok::<_, String>(if runs { Err(()) } else { Ok(()) })
        });
        // One that is still running goes on in the night.
        ended.await.map(drop)
    }
}

#[async_trait]
impl Local for Chaos {
    async fn deployed(&self) {
        self.trigger.deployed().await;
    }

    async fn before_night(&self) -> Result<(), String> {
        for mishap in &self.before {
            self.befall(mishap).await?;
        }
        Ok(())
    }

    async fn fire(&self, rule_arn: &str) -> Result<String, String> {
        self.armed.set(self.faults.clone());
        self.trigger.fire(rule_arn).map(|at| at.to_string()).map_err(|error| error.to_string())
    }

    fn now(&self) -> i64 {
        self.trigger.now().as_second()
    }

    async fn settled(&self) {
        self.trigger.settled().await;
    }

    async fn notice(&self, missed: bool) {
        self.trigger.notice(missed).await;
    }
}
