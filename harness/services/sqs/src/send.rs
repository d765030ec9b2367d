//! SendMessage.

use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Map, Value, json};

use super::message::Message;
use super::message_attributes::{MessageAttributes, md5};
use super::{Sqs, bad_value, number, text};

impl Sqs {
    pub(super) async fn send_message(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let data_key = self.data_key(call, input).await?;
        self.enqueue(call, input, input, data_key)
    }

    /// Puts the message that `entry` describes into the queue that `input` names.
    pub(super) fn enqueue(&self, call: &Call, input: &Value, entry: &Value, data_key: Option<String>) -> Result<Value, AwsError> {
        let body = text(entry, "MessageBody").unwrap_or_default();
        if body.is_empty() {
            return Err(AwsError::new("MissingParameter", 400, "The request must contain the parameter MessageBody."));
        }
        if !body.chars().all(allowed) {
            return Err(AwsError::new("InvalidMessageContents", 400, "The message contains characters outside the allowed set."));
        }
        if entry.get("MessageDeduplicationId").is_some() {
            return Err(bad_value("The request includes a parameter that is not valid for this queue type"));
        }
        let attributes = MessageAttributes::read(entry.get("MessageAttributes"))?;
        let system = MessageAttributes::read(entry.get("MessageSystemAttributes"))?;
        let trace_header = entry.pointer("/MessageSystemAttributes/AWSTraceHeader/StringValue").and_then(Value::as_str);
        let delay = number(entry, "DelaySeconds");
        if delay.is_some_and(|delay| !(0..=900).contains(&delay)) {
            return Err(bad_value(format!(
                "Value {} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
                delay.unwrap_or_default()
            )));
        }
        let id = uuid::Uuid::new_v4().to_string();
        self.queue(input, |queue| {
            let largest = queue.setting("MaximumMessageSize");
            let size = body.len() + attributes.size();
            if i64::try_from(size).unwrap_or(i64::MAX) > largest {
                return Err(bad_value(format!(
                    "One or more parameters are invalid. Reason: Message must be shorter than {largest} bytes."
                )));
            }
            let delay = delay.unwrap_or_else(|| queue.setting("DelaySeconds"));
            queue.messages.push(Message {
                id: id.clone(),
                body: body.to_owned(),
                attributes: attributes.clone(),
                trace_header: trace_header.map(str::to_owned),
                group: text(entry, "MessageGroupId").map(str::to_owned),
                sender: call.caller.user_id(),
                sent: call.now,
                visible_at: call.now + SignedDuration::from_secs(delay),
                receives: 0,
                first_received: None,
                receipt: None,
                dead_letter_source: None,
                data_key,
            });
            Ok(())
        })?;
        self.arrived.notify_waiters();
        let mut output = Map::new();
        output.insert("MessageId".to_owned(), json!(id));
        output.insert("MD5OfMessageBody".to_owned(), json!(md5(body.as_bytes())));
        if !attributes.is_empty() {
            output.insert("MD5OfMessageAttributes".to_owned(), json!(attributes.md5()));
        }
        if !system.is_empty() {
            output.insert("MD5OfMessageSystemAttributes".to_owned(), json!(system.md5()));
        }
        Ok(Value::Object(output))
    }
}

/// `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`
fn allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}
