//! Events of a stack as notifications to topics, in the order in which they happen.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/working-with-stacks.html>

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::{Caller, Region};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// What every notification is about.
const SUBJECT: &str = "AWS CloudFormation Notification";

/// Publishes events to a stack's topics.
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
    messages: VecDeque<String>,
    /// Whether somebody publishes them.
    is_served: bool,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("topics", &self.0.topics).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Publishes to `topics` as `deployer`; `None` if there are none.
    pub(crate) fn new(region: &Region, deployer: &Caller, topics: &[String]) -> Option<Self> {
        let caller = deployer.clone().via("cloudformation.amazonaws.com");
        let waiting = Mutex::default();
        (!topics.is_empty()).then(|| Self(Arc::new(Inner { region: region.clone(), caller, topics: topics.to_vec(), waiting })))
    }

    /// Publishes an event, in `DescribeStackEvents`' form, after those before it.
    pub(crate) fn send(&self, event: &Value) {
        let mut waiting = self.0.waiting.lock();
        waiting.messages.push_back(message(event, &self.0.caller));
        if !std::mem::replace(&mut waiting.is_served, true) {
            let outbox = Arc::clone(&self.0);
            self.0.region.tasks().spawn(async move { outbox.serve().await });
        }
    }
}

impl Inner {
    /// Publishes what waits. A topic that cannot be published to is no concern of the stack's.
    async fn serve(&self) {
        while let Some(message) = self.next() {
            for topic in &self.topics {
                let input = json!({ "TopicArn": topic, "Subject": SUBJECT, "Message": message });
                let _ = self.region.call(&self.caller, "sns", "Publish", input).await;
            }
        }
    }

    fn next(&self) -> Option<String> {
        let mut waiting = self.waiting.lock();
        let next = waiting.messages.pop_front();
        waiting.is_served = next.is_some();
        next
    }
}

/// An event as a text: a line for each member.
fn message(event: &Value, caller: &Caller) -> String {
    let of = |name: &str| event.text(name).map(str::to_owned);
    let or_null = |name: &str| of(name).unwrap_or_else(|| "null".to_owned());
    let is_stack = of("StackId") == of("PhysicalResourceId");
    let lines = [
        ("StackId", of("StackId")),
        ("Timestamp", of("Timestamp")),
        ("EventId", of("EventId")),
        ("LogicalResourceId", of("LogicalResourceId")),
        ("Namespace", Some(caller.account.clone())),
        ("PhysicalResourceId", of("PhysicalResourceId")),
        ("PrincipalId", is_stack.then(|| caller.user_id())),
        ("ResourceProperties", Some(or_null("ResourceProperties"))),
        ("ResourceStatus", of("ResourceStatus")),
        ("ResourceStatusReason", Some(of("ResourceStatusReason").unwrap_or_default())),
        ("ResourceType", of("ResourceType")),
        ("StackName", of("StackName")),
        ("ClientRequestToken", Some(or_null("ClientRequestToken"))),
    ];
    lines.into_iter().filter_map(|(name, value)| Some(format!("{name}='{}'\n", value?))).collect()
}
