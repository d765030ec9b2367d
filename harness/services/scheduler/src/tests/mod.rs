//! Calls of Scheduler through a region where policies are in force, with doubles of the services that it invokes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use nightproof_authorization::Authorizer;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_sqs::Sqs;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::records::Scheduler;

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/scheduler";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:nights";
/// How long a test waits for a call that takes milliseconds on an idle machine.
const BOUND: Duration = Duration::from_secs(20);

/// Stands in for Systems Manager: tells of its calls.
struct Double(mpsc::UnboundedSender<(String, Value)>);

#[async_trait]
impl Service for Double {
    fn permissions(&self) -> &'static str {
        "SendCommand = document/{DocumentName}\n"
    }

    async fn call(&self, call: &Call, _operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.0.send((call.caller.arn(), input)).expect("a test that listens");
        Ok(json!({}).into())
    }
}

struct World {
    region: Region,
    scheduler: Arc<Scheduler>,
    commands: mpsc::UnboundedReceiver<(String, Value)>,
}

impl World {
    /// A region in which `scheduler.amazonaws.com` may assume a role that may send commands with one document, and messages.
    async fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let (iam, scheduler) = (Iam::new(), Scheduler::new());
        let sts = Sts::new(iam.clone());
        region.set_authorizer(Authorizer::new(iam.clone(), sts.clone()));
        let (sender, commands) = mpsc::unbounded_channel();
        region.install(vec![
            ("iam", iam),
            ("scheduler", Arc::clone(&scheduler) as _),
            ("sqs", Sqs::new()),
            ("ssm", Arc::new(Double(sender))),
            ("sts", sts),
        ]);
        let world = Self { region, scheduler, commands };
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "scheduler.amazonaws.com" },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "aws:SourceAccount": ACCOUNT } },
            }],
        });
        let role = json!({ "RoleName": "scheduler", "AssumeRolePolicyDocument": trust.to_string() });
        world.ask("iam", "CreateRole", role).await.expect("a role");
        let allowed = json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "arn:aws:ssm:*:*:document/AWS-RunShellScript" },
                { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE },
            ],
        });
        let policy = json!({ "RoleName": "scheduler", "PolicyName": "p", "PolicyDocument": allowed.to_string() });
        world.ask("iam", "PutRolePolicy", policy).await.expect("a policy");
        world.ask("sqs", "CreateQueue", json!({ "QueueName": "nights" })).await.expect("a queue");
        world
    }

    async fn ask(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.ask("scheduler", operation, input).await
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        let error = self.call(operation, input).await.expect_err("refused");
        format!("{} {}: {}", error.status, error.code, error.message)
    }

    fn pass(&self, time: SignedDuration) {
        let clock = self.region.clock();
        clock.advance_to(clock.now() + time);
    }

    async fn command(&mut self) -> (String, Value) {
        tokio::time::timeout(BOUND, self.commands.recv()).await.expect("a command").expect("a service")
    }

    /// The message that comes into the queue.
    async fn message(&self) -> Value {
        let input = json!({ "QueueUrl": nightproof_core::queue_url(QUEUE), "MessageAttributeNames": ["All"] });
        let received = nightproof_poll::until(BOUND, || async {
            let answer = self.ask("sqs", "ReceiveMessage", input.clone()).await.expect("an answer");
            answer.pointer("/Messages/0").cloned().ok_or(())
        });
        received.await.expect("a message")
    }
}

/// A schedule `nightly` with these members.
fn schedule(members: Value) -> Value {
    let mut all = json!({
        "Name": "nightly",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": QUEUE, "RoleArn": ROLE, "Input": "night of <aws.scheduler.scheduled-time>" },
    });
    all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    all
}

/// A target that sends a command.
fn sends(document: &str) -> Value {
    let input = json!({ "DocumentName": document, "Targets": [{ "Key": "tag:Backup", "Values": ["Enabled"] }] });
    json!({ "Arn": "arn:aws:scheduler:::aws-sdk:ssm:sendCommand", "RoleArn": ROLE, "Input": input.to_string() })
}

#[tokio::test]
async fn a_universal_target_is_called_by_the_role_at_its_time() {
    let mut world = World::new().await;
    world.call("CreateSchedule", schedule(json!({ "Target": sends("AWS-RunShellScript") }))).await.unwrap();
    let due = world.scheduler.next_occurrence(ACCOUNT, "default", "nightly", world.region.clock().now()).unwrap();
    assert!(due.to_string().ends_with("T03:00:00Z"), "{due}");
    world.region.clock().advance_to(due);
    let (caller, input) = world.command().await;
    assert!(caller.starts_with("arn:aws:sts::111122223333:assumed-role/scheduler/"), "{caller}");
    assert_eq!((&input["DocumentName"], &input["Targets"][0]["Key"]), (&json!("AWS-RunShellScript"), &json!("tag:Backup")));
    world.scheduler.quiet().await;
    assert!(world.commands.try_recv().is_err());
}

#[tokio::test]
async fn what_the_role_may_not_do_goes_to_the_dead_letter_queue_with_its_reason() {
    let world = World::new().await;
    let mut target = sends("AWS-RunPatchBaseline");
    target["DeadLetterConfig"] = json!({ "Arn": QUEUE });
    world.call("CreateSchedule", schedule(json!({ "Target": target }))).await.unwrap();
    world.pass(SignedDuration::from_hours(24));
    let message = world.message().await;
    let attribute = |name: &str| message["MessageAttributes"][name]["StringValue"].as_str().unwrap_or_default().to_owned();
    assert!(attribute("ERROR_CODE").starts_with("AccessDenied"), "{message}");
    assert_eq!(attribute("RETRY_ATTEMPTS"), "0");
    assert!(attribute("SCHEDULE_ARN").ends_with(":schedule/default/nightly"));
    assert!(message["Body"].as_str().unwrap().contains("AWS-RunPatchBaseline"));
}

#[tokio::test]
async fn a_queue_gets_the_input_with_its_keywords_replaced() {
    let world = World::new().await;
    world.call("CreateSchedule", schedule(json!({ "ScheduleExpressionTimezone": "Europe/Berlin" }))).await.unwrap();
    let due = world.scheduler.next_occurrence(ACCOUNT, "default", "nightly", world.region.clock().now()).unwrap();
    world.region.clock().advance_to(due);
    assert_eq!(world.message().await["Body"], format!("night of {due}"));
}

#[tokio::test]
async fn a_schedule_that_is_over_is_deleted_where_it_says_so() {
    let world = World::new().await;
    let soon = world.region.clock().now() + SignedDuration::from_mins(5);
    let once = schedule(
        json!({ "ScheduleExpression": format!("at({})", soon.strftime("%Y-%m-%dT%H:%M:%S")), "ActionAfterCompletion": "DELETE" }),
    );
    world.call("CreateSchedule", once).await.unwrap();
    world.pass(SignedDuration::from_mins(6));
    world.message().await;
    let gone = nightproof_poll::until(BOUND, || async {
        match world.call("GetSchedule", json!({ "Name": "nightly" })).await {
            Err(error) => Ok(format!("{} {}: {}", error.status, error.code, error.message)),
            Ok(found) => Err(found),
        }
    });
    assert_eq!(gone.await.unwrap(), "404 ResourceNotFoundException: Schedule nightly does not exist.");
}

#[tokio::test]
async fn a_schedule_is_described_with_awss_defaults_and_changed_as_a_whole() {
    let world = World::new().await;
    let window = json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60 });
    world.call("CreateScheduleGroup", json!({ "Name": "nights", "Tags": [{ "Key": "k", "Value": "v" }] })).await.unwrap();
    let made = schedule(json!({ "GroupName": "nights", "FlexibleTimeWindow": window, "Description": "d" }));
    world.call("CreateSchedule", made).await.unwrap();
    let named = json!({ "Name": "nightly", "GroupName": "nights" });
    let mut found = world.call("GetSchedule", named.clone()).await.unwrap();
    for date in ["CreationDate", "LastModificationDate"] {
        assert!(found.as_object_mut().unwrap().remove(date).is_some());
    }
    assert_eq!(
        found,
        json!({
            "ActionAfterCompletion": "NONE",
            "Arn": "arn:aws:scheduler:us-east-1:111122223333:schedule/nights/nightly",
            "Description": "d",
            "FlexibleTimeWindow": window,
            "GroupName": "nights",
            "Name": "nightly",
            "ScheduleExpression": "cron(0 3 * * ? *)",
            "ScheduleExpressionTimezone": "UTC",
            "State": "ENABLED",
            "Target": {
                "Arn": QUEUE,
                "Input": "night of <aws.scheduler.scheduled-time>",
                "RetryPolicy": { "MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185 },
                "RoleArn": ROLE,
            },
        })
    );
    world.call("UpdateSchedule", schedule(json!({ "GroupName": "nights", "State": "DISABLED" }))).await.unwrap();
    let found = world.call("GetSchedule", named).await.unwrap();
    assert_eq!((&found["State"], found.get("Description")), (&json!("DISABLED"), None));
    assert_eq!(world.scheduler.next_occurrence(ACCOUNT, "nights", "nightly", world.region.clock().now()), None);
    let listed = world.call("ListSchedules", json!({ "State": "DISABLED", "NamePrefix": "night" })).await.unwrap();
    assert_eq!(listed["Schedules"][0]["GroupName"], "nights");
    let tags = world
        .call("ListTagsForResource", json!({ "ResourceArn": "arn:aws:scheduler:us-east-1:111122223333:schedule-group/nights" }));
    assert_eq!(tags.await.unwrap()["Tags"], json!([{ "Key": "k", "Value": "v" }]));
    world.call("DeleteScheduleGroup", json!({ "Name": "nights" })).await.unwrap();
    assert_eq!(world.call("ListSchedules", json!({})).await.unwrap()["Schedules"], json!([]));
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let world = World::new().await;
    world.call("CreateSchedule", schedule(json!({}))).await.unwrap();
    assert_eq!(
        world.refused("CreateSchedule", schedule(json!({}))).await,
        "409 ConflictException: Schedule nightly already exists."
    );
    let elsewhere = schedule(json!({ "GroupName": "none" }));
    assert_eq!(
        world.refused("CreateSchedule", elsewhere).await,
        "404 ResourceNotFoundException: Schedule group none does not exist."
    );
    let other = schedule(json!({ "Name": "other", "ScheduleExpression": "rate(10 years)" }));
    assert_eq!(
        world.refused("CreateSchedule", other).await,
        "400 ValidationException: Invalid Schedule Expression rate(10 years)."
    );
    let unassumable = json!({ "Arn": QUEUE, "RoleArn": "arn:aws:iam::111122223333:role/missing" });
    assert_eq!(
        world.refused("CreateSchedule", schedule(json!({ "Name": "other", "Target": unassumable }))).await,
        "400 ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    );
    let fargate = json!({ "Arn": QUEUE, "RoleArn": ROLE, "EcsParameters": { "TaskDefinitionArn": "a" } });
    let lacking = world.refused("CreateSchedule", schedule(json!({ "Name": "other", "Target": fargate }))).await;
    assert!(lacking.starts_with("501 NotImplemented: ") && lacking.contains("Target.EcsParameters"), "{lacking}");
    assert!(world.refused("DeleteScheduleGroup", json!({ "Name": "default" })).await.starts_with("400 ValidationException"));
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    insta::assert_snapshot!(nightproof_core::operation::unread_members("scheduler", Scheduler::INPUTS).unwrap().join("\n"));
}
