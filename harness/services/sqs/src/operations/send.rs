//! SendMessage.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::bad_value;
use crate::fifo::{check_id, id_of_body, not_for_this_queue};
use crate::message_attributes::{MessageAttributeValue, MessageAttributes, md5};
use crate::metrics::count;
use crate::records::{Message, Sqs};

/// `SendMessage`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendMessage {
    queue_url: String,
    message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttributeValue>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, MessageAttributeValue>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

/// A message to be put into a queue: an entry of `SendMessageBatch`, or the rest of [`SendMessage`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendMessageBatchEntry {
    pub(crate) id: String,
    pub(crate) message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttributeValue>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, MessageAttributeValue>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

impl SendMessageBatchEntry {
    /// Refuses an entry of a batch for a FIFO queue that lacks its group or its id: the whole batch is refused for it.
    pub(crate) fn check_fifo(&self, by_body: bool) -> Result<(), AwsError> {
        if self.message_group_id.is_none() {
            return Err(bad_value(no_group().message));
        }
        if self.message_deduplication_id.is_none() && !by_body { Err(no_deduplication_id()) } else { Ok(()) }
    }
}

impl Sqs {
    pub(crate) async fn send_message(&self, call: &Call, input: SendMessage) -> Result<Value, AwsError> {
        let data_key = self.data_key(call, &input.queue_url).await?;
        let entry = SendMessageBatchEntry {
            id: String::new(),
            message_body: input.message_body,
            delay_seconds: input.delay_seconds,
            message_attributes: input.message_attributes,
            message_system_attributes: input.message_system_attributes,
            message_deduplication_id: input.message_deduplication_id,
            message_group_id: input.message_group_id,
        };
        self.enqueue(call, &input.queue_url, entry, data_key)
    }

    /// Puts a message into the queue of this URL.
    pub(crate) fn enqueue(
        &self,
        call: &Call,
        queue_url: &str,
        entry: SendMessageBatchEntry,
        data_key: Option<String>,
    ) -> Result<Value, AwsError> {
        let body = entry.message_body;
        if body.is_empty() {
            return Err(AwsError::new("MissingParameter", 400, "The request must contain the parameter MessageBody."));
        }
        if !body.chars().all(allowed) {
            return Err(AwsError::new("InvalidMessageContents", 400, "The message contains characters outside the allowed set."));
        }
        check_id("MessageGroupId", entry.message_group_id.as_deref())?;
        check_id("MessageDeduplicationId", entry.message_deduplication_id.as_deref())?;
        let attributes = MessageAttributes::read(&entry.message_attributes)?;
        let system = MessageAttributes::read(&entry.message_system_attributes)?;
        let trace_header = entry.message_system_attributes.get("AWSTraceHeader").and_then(|value| value.string_value.clone());
        if let Some(delay) = entry.delay_seconds.filter(|delay| !(0..=900).contains(delay)) {
            return Err(bad_value(format!(
                "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
            )));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let sent = self.queue(queue_url, |queue| {
            let largest = queue.setting("MaximumMessageSize");
            let size = body.len() + attributes.size();
            if i64::try_from(size).unwrap_or(i64::MAX) > largest {
                return Err(bad_value(format!(
                    "One or more parameters are invalid. Reason: Message must be shorter than {largest} bytes."
                )));
            }
            let (by_body, by_group) =
                (queue.has("ContentBasedDeduplication", "true"), queue.has("DeduplicationScope", "messageGroup"));
            let mut delay = entry.delay_seconds;
            let mut deduplication_id = entry.message_deduplication_id;
            let mut sequence_number = None;
            if let Some(fifo) = &mut queue.fifo {
                if let Some(delay) = delay.filter(|delay| *delay != 0) {
                    return Err(not_for_this_queue("DelaySeconds", &delay.to_string()));
                }
                delay = None;
                let group = entry.message_group_id.as_deref().ok_or_else(no_group)?;
                let given = deduplication_id.take().or_else(|| by_body.then(|| id_of_body(&body)));
                let given = given.ok_or_else(no_deduplication_id)?;
                if let Some(before) = fifo.duplicate(&given, group, call.now) {
                    return Ok((before.message_id, Some(before.number)));
                }
                sequence_number = Some(fifo.send(&id, &given, group, by_group, call.now));
                deduplication_id = Some(given);
            } else if let Some(given) = &deduplication_id {
                return Err(not_for_this_queue("MessageDeduplicationId", given));
            }
            let delay = delay.unwrap_or_else(|| queue.setting("DelaySeconds"));
            queue.messages.push(Message {
                id: id.clone(),
                deduplication_id,
                sequence_number: sequence_number.clone(),
                body: body.clone(),
                attributes: attributes.clone(),
                trace_header,
                group: entry.message_group_id,
                sender: call.caller.user_id(),
                sent: call.now,
                visible_at: call.now + SignedDuration::from_secs(delay),
                receives: 0,
                first_received: None,
                receipt: None,
                dead_letter_source: None,
                data_key,
            });
            Ok((id, sequence_number))
        })?;
        let (id, sequence_number) = sent;
        self.arrived.notify_waiters();
        #[expect(clippy::cast_precision_loss, reason = "a message has at most a megabyte")]
        let size = (body.len() + attributes.size()) as f64;
        count(call, queue_url, "SentMessageSize", size, "Bytes");
        count(call, queue_url, "NumberOfMessagesSent", 1.0, "Count");
        let mut output = Map::new();
        output.insert("MessageId".to_owned(), json!(id));
        output.insert("MD5OfMessageBody".to_owned(), json!(md5(body.as_bytes())));
        if let Some(number) = sequence_number {
            output.insert("SequenceNumber".to_owned(), json!(number));
        }
        if !attributes.is_empty() {
            output.insert("MD5OfMessageAttributes".to_owned(), json!(attributes.md5()));
        }
        if !system.is_empty() {
            output.insert("MD5OfMessageSystemAttributes".to_owned(), json!(system.md5()));
        }
        Ok(Value::Object(output))
    }
}

/// What is said of a message for a FIFO queue without a group.
fn no_group() -> AwsError {
    AwsError::new("MissingParameter", 400, "The request must contain the parameter MessageGroupId.")
}

fn no_deduplication_id() -> AwsError {
    bad_value("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
}

/// `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`
fn allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}
