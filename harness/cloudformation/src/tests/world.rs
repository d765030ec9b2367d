//! A region of all services, with an account of its own, whose instances are doubles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nightproof_authorization::Authorizer;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_resource::ResourceProvider;
use nightproof_service_autoscaling::AutoScaling;
use nightproof_service_dynamodb::{DynamoDb, DynamoDbStreams};
use nightproof_service_ec2::{BootError, Booter, Ec2, Ended, Launch, Running};
use nightproof_service_events::Events;
use nightproof_service_iam::Iam;
use nightproof_service_kinesis::Kinesis;
use nightproof_service_kms::Kms;
use nightproof_service_lambda::Lambda;
use nightproof_service_logs::Logs;
use nightproof_service_monitoring::CloudWatch;
use nightproof_service_resource_groups::ResourceGroups;
use nightproof_service_s3::S3;
use nightproof_service_scheduler::Scheduler;
use nightproof_service_secretsmanager::SecretsManager;
use nightproof_service_sns::Sns;
use nightproof_service_sqs::Sqs;
use nightproof_service_ssm::Ssm;
use nightproof_service_states::States;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::CloudFormation;

/// How long a test waits for an event that takes milliseconds on an idle machine.
pub(super) const BOUND: Duration = Duration::from_secs(20);

/// The resource types of all services.
pub(super) fn resource_types() -> impl Iterator<Item = &'static dyn ResourceProvider> {
    let services = [
        nightproof_service_autoscaling::resource_types(),
        nightproof_service_dynamodb::resource_types(),
        nightproof_service_ec2::resource_types(),
        nightproof_service_events::resource_types(),
        nightproof_service_iam::resource_types(),
        nightproof_service_kinesis::resource_types(),
        nightproof_service_kms::resource_types(),
        nightproof_service_lambda::resource_types(),
        nightproof_service_logs::resource_types(),
        nightproof_service_monitoring::resource_types(),
        nightproof_service_resource_groups::resource_types(),
        nightproof_service_s3::resource_types(),
        nightproof_service_scheduler::resource_types(),
        nightproof_service_secretsmanager::resource_types(),
        nightproof_service_sns::resource_types(),
        nightproof_service_sqs::resource_types(),
        nightproof_service_ssm::resource_types(),
        nightproof_service_states::resource_types(),
    ];
    services.into_iter().flatten().copied()
}

pub(super) const ACCOUNT: &str = "111122223333";

/// Boots nothing; refuses to, or takes for ever, when it is told so.
#[derive(Default)]
pub(super) struct Boots {
    pub(super) refuse: AtomicBool,
    pub(super) hang: AtomicBool,
}

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

    fn open_ports(&self, _ports: std::collections::BTreeSet<u16>) {}

    async fn console(&self) -> Vec<u8> {
        Vec::new()
    }
}

#[async_trait]
impl Booter for Boots {
    async fn boot(&self, _region: &Region, _launch: Launch) -> Result<Arc<dyn Running>, BootError> {
        if self.hang.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.refuse.load(Ordering::SeqCst) {
            return Err(BootError("no namespaces".to_owned()));
        }
        Ok(Arc::new(Double(CancellationToken::new())))
    }
}

pub(super) struct World {
    pub(super) region: Region,
    pub(super) boots: Arc<Boots>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let region = nightproof_test_region::region(ACCOUNT, folder.path());
        let boots = Arc::new(Boots::default());
        let iam = Iam::new();
        let sts = Sts::new(Arc::clone(&iam));
        let tables = DynamoDb::new();
        region.set_authorizer(Authorizer::new(Arc::clone(&iam), Arc::clone(&sts)));
        region.install(vec![
            ("autoscaling", AutoScaling::new() as Arc<dyn nightproof_core::service::Service>),
            ("cloudformation", CloudFormation::new(resource_types()) as Arc<_>),
            ("dynamodb", Arc::clone(&tables) as Arc<_>),
            ("dynamodbstreams", DynamoDbStreams::new(tables) as Arc<_>),
            ("ec2", Ec2::new(Arc::clone(&boots) as Arc<dyn Booter>) as Arc<_>),
            ("events", Events::new() as Arc<_>),
            ("iam", iam as Arc<_>),
            ("kinesis", Kinesis::new() as Arc<_>),
            ("kms", Kms::new() as Arc<_>),
            ("lambda", Lambda::new(None) as Arc<_>),
            ("logs", Logs::new() as Arc<_>),
            ("monitoring", CloudWatch::new() as Arc<_>),
            ("resource-groups", ResourceGroups::new() as Arc<_>),
            ("s3", S3::new(folder.path().join("s3")) as Arc<_>),
            ("scheduler", Scheduler::new() as Arc<_>),
            ("secretsmanager", SecretsManager::new() as Arc<_>),
            ("sns", Sns::new() as Arc<_>),
            ("sqs", Sqs::new() as Arc<_>),
            ("ssm", Ssm::new() as Arc<_>),
            ("states", States::new() as Arc<_>),
            ("sts", sts as Arc<_>),
        ]);
        Self { region, boots, _folder: folder }
    }

    pub(super) async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    pub(super) async fn ok(&self, service: &str, operation: &str, input: Value) -> Value {
        self.call(service, operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    pub(super) async fn put_object(&self, input: Value, body: nightproof_core::service::Body) {
        self.region.call_with_body(&Caller::root(ACCOUNT), "s3", "PutObject", input, body).await.map(|_| ()).unwrap();
    }

    /// Puts to a presigned address, as whoever it is given to does.
    pub(super) async fn put_to(&self, url: &str, body: nightproof_core::service::Body) {
        let uri: http::Uri = url.parse().unwrap();
        let (bucket, _) = uri.host().unwrap().split_once(".s3.").unwrap();
        let key = percent_encoding::percent_decode_str(uri.path().strip_prefix('/').unwrap()).decode_utf8().unwrap();
        let owner = Caller::root("000000000000");
        let input = json!({"Bucket": bucket, "Key": key});
        self.region.call_with_body(&owner, "s3", "PutObject", input, body).await.map(|_| ()).unwrap();
    }

    /// Moves the region's clock on by so many seconds.
    pub(super) fn pass(&self, seconds: i64) {
        let clock = self.region.clock();
        clock.advance_to(clock.now() + jiff::SignedDuration::from_secs(seconds));
    }

    pub(super) async fn stack(&self, operation: &str, input: Value) -> Value {
        self.ok("cloudformation", operation, input).await
    }

    pub(super) async fn refused(&self, operation: &str, input: Value) -> String {
        self.call("cloudformation", operation, input).await.expect_err(operation).to_string()
    }

    /// Waits until a stack is at rest.
    pub(super) async fn settled(&self, name: &str) -> Value {
        let settled = nightproof_poll::until(BOUND, || async {
            let answer = self.call("cloudformation", "DescribeStacks", json!({"StackName": name})).await;
            let Ok(answer) = answer else { return Ok(Value::Null) };
            let stack = answer["Stacks"][0].clone();
            if stack["StackStatus"].as_str().unwrap().ends_with("IN_PROGRESS") { Err(stack) } else { Ok(stack) }
        });
        settled.await.unwrap_or_else(|stack| panic!("{name} does not come to rest: {stack}"))
    }

    /// Makes a stack and waits; its status.
    pub(super) async fn create(&self, name: &str, template: &str) -> String {
        self.stack("CreateStack", submission(name, template)).await;
        self.status(name).await
    }

    /// Updates a stack and waits; its status.
    pub(super) async fn update(&self, name: &str, template: &str) -> String {
        self.stack("UpdateStack", submission(name, template)).await;
        self.status(name).await
    }

    pub(super) async fn status(&self, name: &str) -> String {
        let stack = self.settled(name).await;
        stack["StackStatus"].as_str().unwrap_or("gone").to_owned()
    }

    /// The physical id of a resource.
    pub(super) async fn physical(&self, stack: &str, logical: &str) -> String {
        let input = json!({"StackName": stack, "LogicalResourceId": logical});
        let answer = self.stack("DescribeStackResource", input).await;
        answer["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap_or_default().to_owned()
    }

    /// `logical status` of each event, oldest first.
    pub(super) async fn history(&self, stack: &str) -> Vec<String> {
        let answer = self.stack("DescribeStackEvents", json!({"StackName": stack})).await;
        let events = answer["StackEvents"].as_array().unwrap().iter().rev();
        let line = |event: &Value| {
            format!("{} {}", event["LogicalResourceId"].as_str().unwrap(), event["ResourceStatus"].as_str().unwrap())
        };
        events.map(line).collect()
    }

    /// What failed, and why, oldest first.
    pub(super) async fn failures(&self, stack: &str) -> Vec<String> {
        let answer = self.stack("DescribeStackEvents", json!({"StackName": stack})).await;
        let failed = answer["StackEvents"]
            .as_array()
            .unwrap()
            .iter()
            .rev()
            .filter(|event| event["ResourceStatus"].as_str().unwrap().ends_with("FAILED"));
        failed.map(|event| format!("{}: {}", event["LogicalResourceId"], event["ResourceStatusReason"])).collect()
    }

    /// The reason of the last event of a resource with this status.
    pub(super) async fn reason(&self, stack: &str, logical: &str, status: &str) -> String {
        let answer = self.stack("DescribeStackEvents", json!({"StackName": stack})).await;
        let found = answer["StackEvents"]
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["LogicalResourceId"] == logical && event["ResourceStatus"] == status);
        found.map(|event| event["ResourceStatusReason"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
    }
}

pub(super) fn submission(name: &str, template: &str) -> Value {
    json!({"StackName": name, "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]})
}

/// Resources of a template, as YAML in flow style.
pub(super) fn template(resources: &str) -> String {
    format!("Resources: {resources}")
}
