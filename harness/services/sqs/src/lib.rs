//! The service `sqs`: standard queues, with time-outs, retention and dead-letter queues on the region's clock.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>

mod attributes;
mod authorization;
mod batch;
mod encryption;
mod message;
mod message_attributes;
mod queue;
mod receive;
mod remote;
mod resources;
mod send;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Notify;

use batch::{ChangeMessageVisibilityBatch, DeleteMessageBatch, SendMessageBatch};
use message::{ChangeMessageVisibility, DeleteMessage};
use queue::{
    CreateQueue, DeleteQueue, GetQueueAttributes, GetQueueUrl, ListDeadLetterSourceQueues, ListQueueTags, ListQueues, PurgeQueue,
    Queue, SetQueueAttributes, TagQueue, UntagQueue,
};
use receive::ReceiveMessage;
pub use remote::RemoteSqs;
pub use resources::resource_types;
use send::SendMessage;

/// The queues of one account.
#[derive(Debug, Default)]
struct Queues {
    by_name: BTreeMap<String, Queue>,
    /// When queues were deleted: a name is free again after a minute.
    deleted: HashMap<String, Timestamp>,
}

/// The service `sqs`.
#[derive(Debug, Default)]
pub struct Sqs {
    accounts: Mutex<HashMap<String, Queues>>,
    /// Rung whenever a message may have become receivable.
    arrived: Notify,
}

impl Sqs {
    /// A service without queues.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn with<T>(&self, account: &str, act: impl FnOnce(&mut Queues) -> T) -> T {
        let mut accounts = self.accounts.lock();
        act(accounts.entry(account.to_owned()).or_default())
    }

    /// Runs `act` on the queue of this URL.
    fn queue<T>(&self, url: &str, act: impl FnOnce(&mut Queue) -> Result<T, AwsError>) -> Result<T, AwsError> {
        let (account, name) = address(url)?;
        self.with(account, |queues| queues.by_name.get_mut(name).ok_or_else(no_queue).and_then(act))
    }
}

/// Account and name in `https://sqs.<region>.amazonaws.com/<account>/<name>`; the host may be any that the region is reached by.
fn address(url: &str) -> Result<(&str, &str), AwsError> {
    let mut parts = url.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(name), Some(account))
            if !name.is_empty() && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Ok((account, name))
        }
        _ => Err(AwsError::new("InvalidAddress", 404, format!("The address {url} is not valid for this endpoint."))),
    }
}

fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

fn no_queue() -> AwsError {
    AwsError::new("QueueDoesNotExist", 400, "The specified queue does not exist.")
}

fn bad_value(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", 400, message)
}

operations!("sqs", Sqs:
    ChangeMessageVisibility => change_message_visibility: ["= @queue"],
    ChangeMessageVisibilityBatch => change_message_visibility_batch: ["sqs:ChangeMessageVisibility @queue"],
    CreateQueue => create_queue: ["= {QueueName}", "sqs:TagQueue {QueueName} ?tags"],
    DeleteMessage => delete_message: ["= @queue"],
    DeleteMessageBatch => delete_message_batch: ["sqs:DeleteMessage @queue"],
    DeleteQueue => delete_queue: ["= @queue"],
    GetQueueAttributes => get_queue_attributes: ["= @queue"],
    GetQueueUrl => get_queue_url: ["= @named"],
    ListDeadLetterSourceQueues => list_dead_letter_source_queues: ["= @queue"],
    ListQueues => list_queues: ["= *"],
    ListQueueTags => list_queue_tags: ["= @queue"],
    PurgeQueue => purge_queue: ["= @queue"],
    ReceiveMessage => receive_message.await: ["= @queue"],
    SendMessage => send_message.await: ["= @queue"],
    SendMessageBatch => send_message_batch.await: ["sqs:SendMessage @queue"],
    SetQueueAttributes => set_queue_attributes: ["= @queue"],
    TagQueue => tag_queue: ["= @queue"],
    UntagQueue => untag_queue: ["= @queue"],
);

#[async_trait]
impl Service for Sqs {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        authorization::named_queues(call, kind, input)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.queue_policy(arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.with(call.account(), |queues| {
            let tagged = |(name, queue): (&String, &Queue)| Tagged {
                arn: queue::arn(call, name),
                tags: queue.tags.clone().into_iter().collect(),
            };
            queues.by_name.iter().map(tagged).collect()
        })
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(arn)
    }
}
