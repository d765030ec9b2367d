//! Messages: when they can be seen, deleting them, and their visibility.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message_attributes::MessageAttributes;
use super::{Sqs, bad_value};

/// `DeleteMessage`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMessage {
    pub(super) queue_url: String,
    pub(super) receipt_handle: String,
}

/// `ChangeMessageVisibility`.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeMessageVisibility {
    pub(super) queue_url: String,
    pub(super) receipt_handle: String,
    pub(super) visibility_timeout: i64,
}

/// A message's record.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: MessageAttributes,
    pub(super) trace_header: Option<String>,
    pub(super) group: Option<String>,
    pub(super) sender: String,
    pub(super) sent: Timestamp,
    /// Cannot be received before.
    pub(super) visible_at: Timestamp,
    pub(super) receives: u64,
    pub(super) first_received: Option<Timestamp>,
    /// The handle of the last receive.
    pub(super) receipt: Option<String>,
    pub(super) dead_letter_source: Option<String>,
    /// The data key that protects it, under the queue's KMS key.
    pub(super) data_key: Option<String>,
}

impl Message {
    pub(super) fn visible(&self, now: Timestamp) -> bool {
        self.visible_at <= now
    }

    pub(super) fn in_flight(&self, now: Timestamp) -> bool {
        self.visible_at > now && self.receives > 0 && self.receipt.is_some()
    }

    pub(super) fn delayed(&self, now: Timestamp) -> bool {
        self.visible_at > now && !self.in_flight(now)
    }
}

/// A handle for one receive of one message.
pub(super) fn receipt_for(queue: &str, message: &str) -> String {
    STANDARD.encode(format!("{queue} {message} {}", uuid::Uuid::new_v4()))
}

/// The message's id in a handle of this queue.
fn message_in(queue: &str, handle: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
    let mut parts = decoded.split(' ');
    (parts.next()? == queue).then_some(parts.next()?.to_owned())
}

fn invalid_handle(handle: &str) -> AwsError {
    AwsError::new("ReceiptHandleIsInvalid", 404, format!("The input receipt handle \"{handle}\" is not a valid receipt handle."))
}

impl Sqs {
    pub(super) fn delete_message(&self, _call: &Call, input: DeleteMessage) -> Result<Value, AwsError> {
        let handle = input.receipt_handle.as_str();
        self.queue(&input.queue_url, |queue| {
            let id = message_in(&queue.arn, handle).ok_or_else(|| invalid_handle(handle))?;
            // A handle that a later receive has replaced deletes nothing, and neither does one of a message that is gone.
            queue.messages.retain(|message| message.id != id || message.receipt.as_deref() != Some(handle));
            Ok(json!({}))
        })
    }

    pub(super) fn change_message_visibility(&self, call: &Call, input: ChangeMessageVisibility) -> Result<Value, AwsError> {
        let (handle, seconds) = (input.receipt_handle.as_str(), input.visibility_timeout);
        if !(0..=43_200).contains(&seconds) {
            return Err(bad_value(format!(
                "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200."
            )));
        }
        self.queue(&input.queue_url, |queue| {
            let id = message_in(&queue.arn, handle).ok_or_else(|| invalid_handle(handle))?;
            let message = queue
                .messages
                .iter_mut()
                .find(|message| message.id == id && message.receipt.as_deref() == Some(handle))
                .ok_or_else(|| {
                    bad_value(format!(
                        "Value {handle} for parameter ReceiptHandle is invalid. \
                         Reason: Message does not exist or is not available for visibility timeout change."
                    ))
                })?;
            if !message.in_flight(call.now) {
                return Err(AwsError::new("MessageNotInflight", 400, "The specified message isn't in flight."));
            }
            message.visible_at = call.now + SignedDuration::from_secs(seconds);
            Ok(())
        })?;
        self.arrived.notify_waiters();
        Ok(json!({}))
    }
}
