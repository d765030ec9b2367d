//! Moving messages out of a dead-letter queue.

use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::owner_and_name;
use crate::error::bad_value;
use crate::move_task::{Handle, MoveTask, Status};
use crate::records::{Queues, Sqs};

/// `StartMessageMoveTask`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartMessageMoveTask {
    source_arn: String,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i64>,
}

/// `ListMessageMoveTasks`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListMessageMoveTasks {
    source_arn: String,
    max_results: Option<usize>,
}

/// `CancelMessageMoveTask`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelMessageMoveTask {
    task_handle: String,
}

impl Sqs {
    pub(crate) fn start_message_move_task(&self, call: &Call, input: StartMessageMoveTask) -> Result<Value, AwsError> {
        let source = input.source_arn;
        if let Some(rate) = input.max_number_of_messages_per_second.filter(|rate| !(1..=500).contains(rate)) {
            return Err(bad_value(format!(
                "Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a value between 1 and 500."
            )));
        }
        let task = self.with(call.account(), |queues| {
            let to_move = find(queues, &source).ok_or_else(|| no_resource("SourceArn"))?.messages.len();
            let is_dead_letter_queue =
                queues.by_name.values().any(|queue| queue.redrive().is_some_and(|redrive| redrive.target == source));
            if !is_dead_letter_queue {
                return Err(bad_value("Source queue must be configured as a Dead Letter Queue."));
            }
            if input.destination_arn.as_ref().is_some_and(|destination| find(queues, destination).is_none()) {
                return Err(no_resource("DestinationArn"));
            }
            if queues.moves.iter().any(|task| task.source == source && task.is_active()) {
                return Err(bad_value(
                    "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
                ));
            }
            let task = MoveTask {
                id: uuid::Uuid::new_v4().to_string(),
                source,
                destination: input.destination_arn,
                per_second: input.max_number_of_messages_per_second,
                moved: 0,
                to_move,
                started: call.now,
                status: Status::Running,
            };
            queues.moves.push(task.clone());
            Ok(task)
        })?;
        let handle = task.handle();
        self.run(call, task);
        Ok(json!({ "TaskHandle": handle }))
    }

    /// The newest come first; one, unless more are asked for.
    pub(crate) fn list_message_move_tasks(&self, call: &Call, input: ListMessageMoveTasks) -> Result<Value, AwsError> {
        let most = input.max_results.unwrap_or(1).clamp(1, 10);
        self.with(call.account(), |queues| {
            find(queues, &input.source_arn).ok_or_else(|| no_resource("SourceArn"))?;
            let tasks = queues.moves.iter().rev().filter(|task| task.source == input.source_arn);
            Ok(json!({ "Results": tasks.take(most).map(MoveTask::describe).collect::<Vec<_>>() }))
        })
    }

    pub(crate) fn cancel_message_move_task(&self, call: &Call, input: CancelMessageMoveTask) -> Result<Value, AwsError> {
        let handle = Handle::read(&input.task_handle).ok_or_else(|| bad_value("Value for parameter TaskHandle is invalid."))?;
        self.with(call.account(), |queues| {
            find(queues, &handle.source_arn).ok_or_else(|| no_resource("SourceArn"))?;
            let task = queues
                .moves
                .iter_mut()
                .find(|task| task.id == handle.task_id)
                .ok_or_else(|| not_found("Task does not exist."))?;
            if task.status != Status::Running {
                return Err(bad_value("Only active tasks can be cancelled."));
            }
            task.status = Status::Cancelling;
            Ok(json!({ "ApproximateNumberOfMessagesMoved": task.moved }))
        })
    }

    /// Moves message by message, at most as many a second as the task says.
    fn run(&self, call: &Call, task: MoveTask) {
        let Some(sqs) = self.this.upgrade() else { return };
        let (region, account) = (call.region.clone(), call.account().to_owned());
        let pause = task.per_second.map(|rate| SignedDuration::from_nanos(1_000_000_000 / rate.max(1)));
        region.clone().tasks().spawn(async move {
            while sqs.with(&account, |queues| step(queues, &task.id, region.clock().now())) {
                sqs.arrived.notify_waiters();
                let Some(pause) = pause else { continue };
                let next = region.clock().now().saturating_add(pause).unwrap_or(jiff::Timestamp::MAX);
                tokio::select! {
                    () = region.clock().sleep_until(next) => {}
                    () = region.stopping().cancelled() => return,
                }
            }
        });
    }
}

/// Moves one message; whether there may be another.
fn step(queues: &mut Queues, id: &str, now: jiff::Timestamp) -> bool {
    let Some(at) = queues.moves.iter().position(|task| task.id == id) else { return false };
    let Some(task) = queues.moves.get_mut(at) else { return false };
    if task.status == Status::Cancelling {
        task.status = Status::Cancelled;
        return false;
    }
    let (source, destination) = (task.source.clone(), task.destination.clone());
    let taken = find_mut(queues, &source).and_then(|queue| {
        let at = queue.messages.iter().position(|message| message.visible(now))?;
        Some(queue.messages.remove(at))
    });
    let Some(mut message) = taken else {
        return finish(queues, id, Status::Completed);
    };
    let target = destination.or_else(|| message.dead_letter_source.clone()).unwrap_or_default();
    let Some(queue) = find_mut(queues, &target) else {
        if let Some(source) = find_mut(queues, &source) {
            source.messages.insert(0, message);
        }
        return finish(queues, id, Status::Failed);
    };
    // A message that is moved is a new one.
    message.id = uuid::Uuid::new_v4().to_string();
    (message.sent, message.visible_at) = (now, now);
    (message.receives, message.first_received, message.receipt, message.dead_letter_source) = (0, None, None, None);
    if let (Some(fifo), Some(group)) = (&mut queue.fifo, &message.group) {
        fifo.add_group(group);
    }
    queue.messages.push(message);
    if let Some(task) = queues.moves.get_mut(at) {
        task.moved += 1;
    }
    true
}

fn finish(queues: &mut Queues, id: &str, status: Status) -> bool {
    if let Some(task) = queues.moves.iter_mut().find(|task| task.id == id) {
        task.status = status;
    }
    false
}

fn find<'q>(queues: &'q Queues, arn: &str) -> Option<&'q crate::records::Queue> {
    owner_and_name(arn).and_then(|(_, name)| queues.by_name.get(name)).filter(|queue| queue.arn == arn)
}

fn find_mut<'q>(queues: &'q mut Queues, arn: &str) -> Option<&'q mut crate::records::Queue> {
    owner_and_name(arn).and_then(|(_, name)| queues.by_name.get_mut(name)).filter(|queue| queue.arn == arn)
}

fn no_resource(parameter: &str) -> AwsError {
    not_found(format!("The resource that you specified for the {parameter} parameter doesn't exist."))
}

fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceNotFoundException", 404, message)
}
