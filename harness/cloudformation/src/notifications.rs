//! Events of a stack as notifications to its topics and as events of the account's default bus, in the order in which they happen.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/working-with-stacks.html>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/events-detail-reference.html>

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::{Caller, Region};
use parking_lot::Mutex;
use serde_json::{Value, json};

const PRINCIPAL: &str = "cloudformation.amazonaws.com";
/// What every notification is about.
const SUBJECT: &str = "AWS CloudFormation Notification";
/// The most entries of one call. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const ENTRIES: usize = 10;

/// Sends a stack's events to the default bus and to the stack's topics.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Inner>);

struct Inner {
    region: Region,
    /// Who deploys, by CloudFormation.
    caller: Caller,
    topics: Vec<String>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Value>,
    /// Whether somebody publishes them.
    is_served: bool,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("topics", &self.0.topics).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Publishes to `topics` as `deployer`.
    pub(crate) fn new(region: &Region, deployer: &Caller, topics: &[String]) -> Self {
        let caller = deployer.clone().via(PRINCIPAL);
        Self(Arc::new(Inner { region: region.clone(), caller, topics: topics.to_vec(), waiting: Mutex::default() }))
    }

    /// Sends an event, in `DescribeStackEvents`' form, after those before it.
    pub(crate) fn send(&self, event: &Value) {
        let mut waiting = self.0.waiting.lock();
        waiting.events.push_back(event.clone());
        if !std::mem::replace(&mut waiting.is_served, true) {
            let outbox = Arc::clone(&self.0);
            self.0.region.tasks().spawn(async move { outbox.serve().await });
        }
    }
}

impl Inner {
    /// Sends what waits. A topic that cannot be published to is no concern of the stack's.
    async fn serve(&self) {
        let service = Caller::service(&self.caller.account, PRINCIPAL);
        while let Some(events) = self.next() {
            let entries: Vec<Value> = events.iter().map(entry).collect();
            if let Err(error) = self.region.call(&service, "events", "PutEvents", json!({ "Entries": entries })).await {
                tracing::warn!(%error, "EventBridge did not take the status of a stack");
            }
            for event in &events {
                let message = message(event, &self.caller);
                for topic in &self.topics {
                    let input = json!({ "TopicArn": topic, "Subject": SUBJECT, "Message": message });
                    let _ = self.region.call(&self.caller, "sns", "Publish", input).await;
                }
            }
        }
    }

    /// The next events, as many as a call of `PutEvents` takes; `None` if nothing waits.
    fn next(&self) -> Option<Vec<Value>> {
        let mut waiting = self.waiting.lock();
        let count = waiting.events.len().min(ENTRIES);
        waiting.is_served = count > 0;
        waiting.is_served.then(|| waiting.events.drain(..count).collect())
    }
}

/// Whether an event is about its stack, and not about a resource.
fn is_stacks(event: &Value) -> bool {
    event.text("StackId") == event.text("PhysicalResourceId")
}

/// An event as an entry of `PutEvents`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-resource-status-change.html>
fn entry(event: &Value) -> Value {
    let of = |name: &str| event.text(name).unwrap_or_default();
    let mut detail = json!({
        "stack-id": of("StackId"),
        "status-details": { "status": of("ResourceStatus"), "status-reason": of("ResourceStatusReason") },
        "client-request-token": of("ClientRequestToken"),
    });
    let mut kind = "CloudFormation Stack Status Change";
    if !is_stacks(event) {
        kind = "CloudFormation Resource Status Change";
        detail["logical-resource-id"] = of("LogicalResourceId").into();
        detail["physical-resource-id"] = of("PhysicalResourceId").into();
        detail["resource-type"] = of("ResourceType").into();
    }
    json!({ "Source": "aws.cloudformation", "DetailType": kind, "Resources": [of("StackId")], "Detail": detail.to_string() })
}

/// An event as a text: a line for each member.
fn message(event: &Value, caller: &Caller) -> String {
    let of = |name: &str| event.text(name).map(str::to_owned);
    let or_null = |name: &str| of(name).unwrap_or_else(|| "null".to_owned());
    let lines = [
        ("StackId", of("StackId")),
        ("Timestamp", of("Timestamp")),
        ("EventId", of("EventId")),
        ("LogicalResourceId", of("LogicalResourceId")),
        ("Namespace", Some(caller.account.clone())),
        ("PhysicalResourceId", of("PhysicalResourceId")),
        ("PrincipalId", is_stacks(event).then(|| caller.user_id())),
        ("ResourceProperties", Some(or_null("ResourceProperties"))),
        ("ResourceStatus", of("ResourceStatus")),
        ("ResourceStatusReason", Some(of("ResourceStatusReason").unwrap_or_default())),
        ("ResourceType", of("ResourceType")),
        ("StackName", of("StackName")),
        ("ClientRequestToken", Some(or_null("ClientRequestToken"))),
    ];
    lines.into_iter().filter_map(|(name, value)| Some(format!("{name}='{}'\n", value?))).collect()
}
