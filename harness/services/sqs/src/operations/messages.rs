//! Messages: when they can be seen, deleting them, and their visibility.

use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::bad_value;
use crate::metrics::count;
use crate::receipt::{invalid_handle, message_in};
use crate::records::{Message, Sqs};

/// `DeleteMessage`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteMessage {
    pub(crate) queue_url: String,
    pub(crate) receipt_handle: String,
}

/// `ChangeMessageVisibility`.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeMessageVisibility {
    pub(crate) queue_url: String,
    pub(crate) receipt_handle: String,
    pub(crate) visibility_timeout: i64,
}

impl Sqs {
    pub(crate) fn delete_message(&self, call: &Call, input: DeleteMessage) -> Result<Value, AwsError> {
        let handle = input.receipt_handle.as_str();
        self.queue(&input.queue_url, |queue| {
            let id = message_in(&queue.arn, handle).ok_or_else(|| invalid_handle(handle))?;
            // A FIFO queue wants to know that the message is still this receiver's.
            let is_another = |message: &Message| message.visible(call.now) || message.receipt.as_deref() != Some(handle);
            if queue.fifo.is_some() && queue.messages.iter().any(|message| message.id == id && is_another(message)) {
                return Err(bad_value(format!(
                    "Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
                )));
            }
            // A message that is gone already is no error.
            queue.messages.retain(|message| message.id != id);
            Ok(())
        })?;
        count(call, &input.queue_url, "NumberOfMessagesDeleted", 1.0, "Count");
        // The next message of its group may be received.
        self.arrived.notify_waiters();
        Ok(json!({}))
    }

    pub(crate) fn change_message_visibility(&self, call: &Call, input: ChangeMessageVisibility) -> Result<Value, AwsError> {
        let (handle, seconds) = (input.receipt_handle.as_str(), input.visibility_timeout);
        if !(0..=43_200).contains(&seconds) {
            return Err(bad_value(format!(
                "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200."
            )));
        }
        self.queue(&input.queue_url, |queue| {
            let id = message_in(&queue.arn, handle).ok_or_else(|| invalid_handle(handle))?;
            let message = queue.messages.iter_mut().find(|message| message.id == id).ok_or_else(|| {
                bad_value(format!(
                    "Value {handle} for parameter ReceiptHandle is invalid. \
                         Reason: Message does not exist or is not available for visibility timeout change."
                ))
            })?;
            // Any handle of the message is good, even if it can be received again, or has been, by then.
            message.visible_at = call.now + SignedDuration::from_secs(seconds);
            Ok(())
        })?;
        self.arrived.notify_waiters();
        Ok(json!({}))
    }
}
