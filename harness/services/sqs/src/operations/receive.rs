//! ReceiveMessage: visibility, long polls, and the way to the dead-letter queue.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::address::address;
use crate::error::{bad_value, no_queue};
use crate::message_attributes::md5;
use crate::metrics::count;
use crate::receipt::receipt_for;
use crate::records::{Message, Queues, Sqs};

/// What was taken, and when there may be more.
struct Taken {
    arn: String,
    messages: Vec<Message>,
    next: Option<Timestamp>,
}

/// `ReceiveMessage`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReceiveMessage {
    queue_url: String,
    /// The former name of `MessageSystemAttributeNames`.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
}

fn bounded(value: Option<i64>, name: &str, low: i64, high: i64) -> Result<Option<i64>, AwsError> {
    match value {
        Some(value) if !(low..=high).contains(&value) => Err(bad_value(format!(
            "Value {value} for parameter {name} is invalid. Reason: Must be between {low} and {high}, if provided."
        ))),
        value => Ok(value),
    }
}

impl Sqs {
    pub(crate) async fn receive_message(&self, call: &Call, input: ReceiveMessage) -> Result<Value, AwsError> {
        let most = bounded(input.max_number_of_messages, "MaxNumberOfMessages", 1, 10)?.unwrap_or(1);
        let visibility = bounded(input.visibility_timeout, "VisibilityTimeout", 0, 43_200)?;
        let wait = bounded(input.wait_time_seconds, "WaitTimeSeconds", 0, 20)?;
        let (account, name) = address(&input.queue_url)?;
        let wait = match wait {
            Some(wait) => wait,
            None => self.queue(&input.queue_url, |queue| Ok(queue.setting("ReceiveMessageWaitTimeSeconds")))?,
        };
        let deadline = Instant::now() + Duration::from_secs(u64::try_from(wait).unwrap_or_default());
        let clock = call.region.clock();
        let taken = loop {
            // Listening starts before looking, so that a message sent in between is not slept over.
            let rung = self.arrived.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let taken = self.with(account, |queues| take(queues, name, clock.now(), most, visibility))?;
            if !taken.messages.is_empty() || Instant::now() >= deadline || call.region.stopping().is_cancelled() {
                break taken;
            }
            tokio::select! {
                () = &mut rung => {}
                () = tokio::time::sleep_until(deadline) => {}
                () = async { match taken.next {
                    Some(next) => clock.sleep_until(next).await,
                    None => std::future::pending().await,
                } } => {}
                () = call.region.stopping().cancelled() => {}
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "at most ten are received at once")]
        match taken.messages.len() {
            0 => count(call, &input.queue_url, "NumberOfEmptyReceives", 1.0, "Count"),
            received => count(call, &input.queue_url, "NumberOfMessagesReceived", received as f64, "Count"),
        }
        let keys: BTreeSet<&String> = taken.messages.iter().filter_map(|message| message.data_key.as_ref()).collect();
        for key in keys {
            crate::encryption::open_data_key(call, &taken.arn, key).await?;
        }
        let names = [input.attribute_names, input.message_system_attribute_names].concat();
        let messages: Vec<Value> =
            taken.messages.iter().map(|message| describe(message, &names, &input.message_attribute_names)).collect();
        Ok(if messages.is_empty() { json!({}) } else { json!({"Messages": messages}) })
    }
}

fn take(queues: &mut Queues, name: &str, now: Timestamp, most: i64, visibility: Option<i64>) -> Result<Taken, AwsError> {
    let queue = queues.by_name.get_mut(name).ok_or_else(no_queue)?;
    queue.expire(now);
    let hidden_for = SignedDuration::from_secs(visibility.unwrap_or_else(|| queue.setting("VisibilityTimeout")));
    let redrive = queue.redrive();
    let mut dead = Vec::new();
    if let Some(redrive) = &redrive {
        let worn = |message: &Message| message.visible(now) && message.receives >= redrive.max_receives;
        for message in queue.messages.extract_if(.., |message| worn(message)) {
            dead.push(message);
        }
    }
    let arn = queue.arn.clone();
    let mut taken = Vec::new();
    let most = usize::try_from(most).unwrap_or_default();
    let mut receive = |message: &mut Message| {
        message.receives += 1;
        message.first_received.get_or_insert(now);
        message.visible_at = now + hidden_for;
        message.receipt = Some(receipt_for(&arn, &message.id));
        taken.push(message.clone());
    };
    match &mut queue.fifo {
        None => queue.messages.iter_mut().filter(|message| message.visible(now)).take(most).for_each(receive),
        Some(fifo) => {
            let messages = &mut queue.messages;
            fifo.keep_groups(|group| messages.iter().any(|message| message.group.as_deref() == Some(group)));
            let mut left = most;
            for group in fifo.groups().to_vec() {
                // Those of a group come in their order: none before the one that somebody else is working on is deleted.
                let of_group = messages.iter_mut().filter(|message| message.group.as_deref() == Some(group.as_str()));
                let before = left;
                for message in of_group.take_while(|message| message.visible(now)).take(left) {
                    receive(message);
                    left -= 1;
                }
                if left < before {
                    fifo.received_from(&group);
                }
            }
        }
    }
    let next = queue.messages.iter().map(|message| message.visible_at).filter(|time| *time > now).min();
    if let Some(redrive) = redrive
        && let Some(target) = queues.by_name.values_mut().find(|queue| queue.arn == redrive.target)
    {
        for mut message in dead {
            message.dead_letter_source = Some(arn.clone());
            message.receipt = None;
            if let (Some(fifo), Some(group)) = (&mut target.fifo, &message.group) {
                fifo.add_group(group);
            }
            target.messages.push(message);
        }
    } else if let Some(queue) = queues.by_name.get_mut(name) {
        // The dead-letter queue is gone: messages stay where they are, and go on being received.
        queue.messages.extend(dead);
    }
    Ok(Taken { arn, messages: taken, next })
}

fn describe(message: &Message, names: &[String], attribute_names: &[String]) -> Value {
    let mut output = Map::new();
    output.insert("MessageId".to_owned(), json!(message.id));
    output.insert("ReceiptHandle".to_owned(), json!(message.receipt));
    output.insert("MD5OfBody".to_owned(), json!(md5(message.body.as_bytes())));
    output.insert("Body".to_owned(), json!(message.body));
    let millis = |time: Timestamp| time.as_millisecond().to_string();
    let system: Map<String, Value> = [
        ("SenderId", Some(message.sender.clone())),
        ("SentTimestamp", Some(millis(message.sent))),
        ("ApproximateReceiveCount", Some(message.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", message.first_received.map(millis)),
        ("AWSTraceHeader", message.trace_header.clone()),
        ("MessageGroupId", message.group.clone()),
        ("MessageDeduplicationId", message.deduplication_id.clone()),
        ("SequenceNumber", message.sequence_number.clone()),
        ("DeadLetterQueueSourceArn", message.dead_letter_source.clone()),
    ]
    .into_iter()
    .filter(|(name, _)| names.iter().any(|wanted| wanted == "All" || wanted == name))
    .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
    .collect();
    if !system.is_empty() {
        output.insert("Attributes".to_owned(), Value::Object(system));
    }
    let attributes = message.attributes.select(attribute_names);
    if !attributes.is_empty() {
        output.insert("MD5OfMessageAttributes".to_owned(), json!(attributes.md5()));
        output.insert("MessageAttributes".to_owned(), attributes.document());
    }
    Value::Object(output)
}
