//! Publish.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::message::Message;
use super::{Sns, delivery, invalid};

impl Sns {
    /// Answers when every endpoint has been tried, where AWS answers before: who publishes is told nothing of them either way.
    pub(super) async fn publish(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if input.has("PhoneNumber") {
            return Err(AwsError::not_implemented("sns", "Publish to a PhoneNumber"));
        }
        let arn = match (input.text("TopicArn"), input.text("TargetArn")) {
            (Some(arn), None) | (None, Some(arn)) => arn,
            _ => return Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        };
        if let Some(member) = ["MessageDeduplicationId", "MessageGroupId"].into_iter().find(|name| input.has(name)) {
            return Err(AwsError::not_implemented("sns", &format!("Publish with {member}")));
        }
        let message = Message::read(input)?;
        let subscriptions = self.topic(arn, |topic| Ok(topic.subscriptions.clone()))?;
        delivery::deliver(call, arn, &message, &subscriptions).await;
        Ok(json!({ "MessageId": message.id }))
    }
}
