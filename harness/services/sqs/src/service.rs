//! The service's operations by name, and what other services ask of its records.

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::Region;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::address::{arn, is_name, url};
use crate::authorization;
use crate::operations::batches::{ChangeMessageVisibilityBatch, DeleteMessageBatch, SendMessageBatch};
use crate::operations::messages::{ChangeMessageVisibility, DeleteMessage};
use crate::operations::move_tasks::{CancelMessageMoveTask, ListMessageMoveTasks, StartMessageMoveTask};
use crate::operations::permissions::{AddPermission, RemovePermission};
use crate::operations::queues::{
    CreateQueue, DeleteQueue, GetQueueAttributes, GetQueueUrl, ListDeadLetterSourceQueues, ListQueueTags, ListQueues, PurgeQueue,
    SetQueueAttributes, TagQueue, UntagQueue,
};
use crate::operations::receive::ReceiveMessage;
use crate::operations::send::SendMessage;
use crate::records::{Queue, Sqs};

operations!("sqs", Sqs:
    AddPermission => add_permission: ["= @queue"],
    CancelMessageMoveTask => cancel_message_move_task: ["= @task"],
    ChangeMessageVisibility => change_message_visibility: ["= @queue"],
    ChangeMessageVisibilityBatch => change_message_visibility_batch: ["sqs:ChangeMessageVisibility @queue"],
    CreateQueue => create_queue: ["= {QueueName}", "sqs:TagQueue {QueueName} ?tags"],
    DeleteMessage => delete_message: ["= @queue"],
    DeleteMessageBatch => delete_message_batch: ["sqs:DeleteMessage @queue"],
    DeleteQueue => delete_queue: ["= @queue"],
    GetQueueAttributes => get_queue_attributes: ["= @queue"],
    GetQueueUrl => get_queue_url: ["= @named"],
    ListDeadLetterSourceQueues => list_dead_letter_source_queues: ["= @queue"],
    ListMessageMoveTasks => list_message_move_tasks: ["= {SourceArn}"],
    ListQueues => list_queues: ["= *"],
    ListQueueTags => list_queue_tags: ["= @queue"],
    PurgeQueue => purge_queue: ["= @queue"],
    ReceiveMessage => receive_message.await: ["= @queue"],
    RemovePermission => remove_permission: ["= @queue"],
    SendMessage => send_message.await: ["= @queue"],
    SendMessageBatch => send_message_batch.await: ["sqs:SendMessage @queue"],
    SetQueueAttributes => set_queue_attributes: ["= @queue"],
    StartMessageMoveTask => start_message_move_task: [
        "= {SourceArn}",
        "sqs:ReceiveMessage {SourceArn}",
        "sqs:DeleteMessage {SourceArn}",
        "sqs:SendMessage {DestinationArn} ?DestinationArn"
    ],
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

    async fn call(&self, call: &Call, operation: &str, mut input: Value, _body: Body) -> Result<Reply, AwsError> {
        // A queue of the caller's own may be meant by its name alone.
        if let Some(given) = input.get_mut("QueueUrl")
            && let Some(name) = given.as_str().filter(|name| is_name(name))
        {
            *given = url(call, call.account(), name).into();
        }
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
            let tagged = |(name, queue): (&String, &Queue)| Tagged { arn: arn(call, name), tags: queue.tags.pairs() };
            queues.by_name.iter().map(tagged).collect()
        })
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.queue_tags(arn)
    }

    fn start(self: Arc<Self>, region: &Region) {
        region.metrics().register(self);
    }
}
