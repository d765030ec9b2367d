//! A region with policies in force, instances that boot nothing, and a bus that only listens.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use nightproof_authorization::Authorizer;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use nightproof_core::{Caller, Region};
use nightproof_machine_image::IMAGES;
use nightproof_service_ec2::{BootError, Booter, Ec2, Ended, Launch, Running};
use nightproof_service_iam::Iam;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::AutoScaling;

/// How long a test waits for an event that takes milliseconds on an idle machine.
pub(crate) const BOUND: Duration = Duration::from_secs(20);
pub(crate) const ACCOUNT: &str = "111122223333";

struct Boots;

struct Double(CancellationToken);

#[async_trait]
impl Running for Double {
    async fn stop(&self) {
        self.0.cancel();
    }

    async fn ended(&self) -> Ended {
        self.0.cancelled().await;
        Ended::Down
    }

    fn open_ports(&self, _ports: BTreeSet<u16>) {}

    async fn console(&self) -> Vec<u8> {
        Vec::new()
    }
}

#[async_trait]
impl Booter for Boots {
    async fn boot(&self, _region: &Region, _launch: Launch) -> Result<Arc<dyn Running>, BootError> {
        Ok(Arc::new(Double(CancellationToken::new())))
    }
}

/// Stands in for EventBridge: tells of the entries that it is given.
struct Bus(mpsc::UnboundedSender<Value>);

#[async_trait]
impl Service for Bus {
    fn permissions(&self) -> &'static str {
        "PutEvents = *\n"
    }

    async fn call(&self, _call: &Call, _operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        for entry in input["Entries"].as_array().expect("entries") {
            self.0.send(entry.clone()).expect("a test that listens");
        }
        Ok(json!({ "FailedEntryCount": 0, "Entries": [] }).into())
    }
}

pub(crate) struct Bed {
    pub(crate) region: Region,
    pub(crate) events: mpsc::UnboundedReceiver<Value>,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let iam = Iam::new();
        let sts = Sts::new(iam.clone());
        region.set_authorizer(Authorizer::new(iam.clone(), sts.clone()));
        let (sender, events) = mpsc::unbounded_channel();
        region.install(vec![
            ("autoscaling", AutoScaling::new() as Arc<dyn Service>),
            ("ec2", Ec2::new(Arc::new(Boots)) as Arc<_>),
            ("events", Arc::new(Bus(sender)) as Arc<_>),
            ("iam", iam as Arc<_>),
            ("sts", sts as Arc<_>),
        ]);
        Self { region, events }
    }

    pub(crate) async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call("autoscaling", operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    pub(crate) async fn refused(&self, operation: &str, input: Value) -> String {
        self.call("autoscaling", operation, input).await.expect_err(operation).to_string()
    }

    pub(crate) async fn ec2(&self, operation: &str, input: Value) -> Value {
        self.call("ec2", operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// The launch template `web`.
    pub(crate) async fn template(&self) -> Value {
        let tags = json!([{ "ResourceType": "instance", "Tags": [{ "Key": "Of", "Value": "template" }] }]);
        let data = json!({ "ImageId": IMAGES[0].id, "InstanceType": "t3.micro", "TagSpecifications": tags });
        let made = self.ec2("CreateLaunchTemplate", json!({ "LaunchTemplateName": "web", "LaunchTemplateData": data })).await;
        made["LaunchTemplate"]["LaunchTemplateId"].clone()
    }

    /// A group `web` of instances by the launch template, in two zones.
    pub(crate) async fn group(&self, more: Value) {
        self.template().await;
        let mut input = json!({
            "AutoScalingGroupName": "web", "MinSize": 0, "MaxSize": 4, "DesiredCapacity": 1,
            "AvailabilityZones": ["us-east-1a", "us-east-1b"], "LaunchTemplate": { "LaunchTemplateName": "web" },
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ok("CreateAutoScalingGroup", input).await;
    }

    pub(crate) async fn described(&self) -> Value {
        let input = json!({ "AutoScalingGroupNames": ["web"] });
        self.ok("DescribeAutoScalingGroups", input).await["AutoScalingGroups"][0].clone()
    }

    /// The ids of the instances that are in this state, once there are so many and no other.
    pub(crate) async fn instances(&self, count: usize, state: &str) -> Vec<String> {
        let found = nightproof_poll::until(BOUND, || async {
            let group = self.described().await;
            let all = group["Instances"].as_array().cloned().unwrap_or_default();
            match all.len() == count && all.iter().all(|one| one["LifecycleState"] == state) {
                true => Ok(all.iter().map(|one| one["InstanceId"].as_str().unwrap().to_owned()).collect()),
                false => Err(group),
            }
        });
        found.await.unwrap_or_else(|group| panic!("not {count} instances that are {state}: {group}"))
    }

    /// The instances in service, once none of `gone` is among them and there are so many.
    pub(crate) async fn replaced(&self, count: usize, gone: &[String]) -> Vec<String> {
        let found = nightproof_poll::until(BOUND, || async {
            let group = self.described().await;
            let all = group["Instances"].as_array().cloned().unwrap_or_default();
            let ids: Vec<String> = all.iter().map(|one| one["InstanceId"].as_str().unwrap().to_owned()).collect();
            let in_service = all.iter().all(|one| one["LifecycleState"] == "InService");
            if ids.len() == count && in_service && gone.iter().all(|id| !ids.contains(id)) { Ok(ids) } else { Err(group) }
        });
        found.await.unwrap_or_else(|group| panic!("{gone:?} are not replaced: {group}"))
    }

    /// An instance of EC2.
    pub(crate) async fn instance(&self, id: &str) -> Value {
        let found = self.ec2("DescribeInstances", json!({ "InstanceIds": [id] })).await;
        found["Reservations"][0]["Instances"][0].clone()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        let clock = self.region.clock();
        clock.advance_to(clock.now() + SignedDuration::from_secs(seconds));
    }

    /// The detail of the next event of this kind.
    pub(crate) async fn event(&mut self, kind: &str) -> Value {
        let next = async {
            loop {
                let entry = self.events.recv().await.expect("a bus");
                if entry["DetailType"] == kind {
                    return serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
                }
            }
        };
        tokio::time::timeout(BOUND, next).await.unwrap_or_else(|_| panic!("no {kind}"))
    }
}
