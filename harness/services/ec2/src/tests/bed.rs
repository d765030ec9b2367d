//! The region and the machines of the tests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_machine_image::{IMAGES, Platform};
use nightproof_service_iam::Iam;
use nightproof_service_sts::Sts;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{BootError, Booter, Ec2, Ended, Launch, Running};

/// How long a test waits for an event that takes milliseconds on an idle machine.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) const ACCOUNT: &str = "111122223333";

/// Boots nothing, and remembers what it was asked to.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) launches: Mutex<Vec<Launch>>,
    pub(crate) machines: Mutex<Vec<Arc<Double>>>,
    pub(crate) refuses: bool,
    pub(crate) unlisted: Option<&'static Platform>,
}

#[derive(Default)]
pub(crate) struct Double {
    pub(crate) ended: CancellationToken,
    pub(crate) reboots: CancellationToken,
    pub(crate) ports: Mutex<BTreeSet<u16>>,
}

#[async_trait]
impl Running for Double {
    async fn stop(&self) {
        self.ended.cancel();
    }

    async fn ended(&self) -> Ended {
        tokio::select! {
            () = self.ended.cancelled() => Ended::Down,
            () = self.reboots.cancelled() => Ended::Reboot,
        }
    }

    fn open_ports(&self, ports: BTreeSet<u16>) {
        *self.ports.lock() = ports;
    }

    async fn console(&self) -> Vec<u8> {
        b"login:".to_vec()
    }
}

#[async_trait]
impl Booter for Recorder {
    fn unlisted_images(&self) -> Option<&'static Platform> {
        self.unlisted
    }

    async fn boot(&self, _region: &Region, launch: Launch) -> Result<Arc<dyn Running>, BootError> {
        self.launches.lock().push(launch);
        if self.refuses {
            return Err(BootError("no namespaces".to_owned()));
        }
        let machine = Arc::new(Double::default());
        self.machines.lock().push(Arc::clone(&machine));
        Ok(machine)
    }
}

pub(crate) struct Bed {
    pub(crate) region: Region,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) ec2: Arc<Ec2>,
    pub(crate) caller: Caller,
}

impl Bed {
    pub(crate) fn new() -> Self {
        Self::with(Recorder::default())
    }

    pub(crate) fn with(recorder: Recorder) -> Self {
        let recorder = Arc::new(recorder);
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let iam = Iam::new();
        let ec2 = Ec2::new(Arc::clone(&recorder) as Arc<dyn Booter>);
        region.install(vec![
            ("iam", Arc::clone(&iam) as Arc<_>),
            ("sts", Sts::new(iam) as Arc<_>),
            ("ec2", Arc::clone(&ec2) as Arc<_>),
        ]);
        Self { region, recorder, ec2, caller: Caller::root(ACCOUNT) }
    }

    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&self.caller, "ec2", operation, input).await
    }

    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    pub(crate) async fn refused(&self, operation: &str, input: Value) -> String {
        self.call(operation, input).await.expect_err(operation).to_string()
    }

    pub(crate) async fn iam(&self, operation: &str, input: Value) -> Value {
        self.region.call(&self.caller, "iam", operation, input).await.expect(operation)
    }

    /// An instance profile `web` with a role of the same name.
    pub(crate) async fn profile(&self) {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        self.iam("CreateRole", json!({ "RoleName": "web", "AssumeRolePolicyDocument": trust })).await;
        self.iam("CreateInstanceProfile", json!({ "InstanceProfileName": "web" })).await;
        self.iam("AddRoleToInstanceProfile", json!({ "InstanceProfileName": "web", "RoleName": "web" })).await;
    }

    pub(crate) async fn run(&self, mut more: Value) -> String {
        let input = more.as_object_mut().unwrap();
        input.entry("ImageId").or_insert(IMAGES[0].id.into());
        input.entry("InstanceType").or_insert("t3.micro".into());
        input.insert("MinCount".into(), 1.into());
        input.insert("MaxCount".into(), 1.into());
        let output = self.ok("RunInstances", more).await;
        assert_eq!(output["Instances"][0]["State"]["Name"], "pending");
        output["Instances"][0]["InstanceId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn instance(&self, id: &str) -> Value {
        self.ok("DescribeInstances", json!({ "InstanceIds": [id] })).await["Reservations"][0]["Instances"][0].clone()
    }

    pub(crate) async fn becomes(&self, id: &str, state: &str) -> Value {
        let becomes = nightproof_poll::until(BOUND, || async {
            let last = self.instance(id).await;
            if last["State"]["Name"] == state { Ok(last) } else { Err(last) }
        });
        becomes.await.unwrap_or_else(|last| panic!("{id} is not {state}, but {}", last["State"]["Name"]))
    }
}
