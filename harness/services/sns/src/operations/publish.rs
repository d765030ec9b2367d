//! Publish.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery;
use crate::error::invalid;
use crate::message::{Message, MessageAttributeValue};
use crate::records::Sns;

/// `Publish`. <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Publish {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttributeValue>,
}

impl Sns {
    /// Returns after every endpoint was tried, AWS before; the output shows neither.
    pub(crate) async fn publish(&self, call: &Call, input: Publish) -> Result<Value, AwsError> {
        let arn = match (input.topic_arn, input.target_arn) {
            (Some(arn), None) | (None, Some(arn)) => arn,
            _ => return Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        };
        let structure = input.message_structure.as_deref();
        let message = Message::read(input.message, structure, input.subject, input.message_attributes)?;
        let subscriptions = self.topic(&arn, |topic| Ok(topic.subscriptions.clone()))?;
        delivery::deliver(call, &arn, &message, &subscriptions).await;
        Ok(json!({ "MessageId": message.id }))
    }
}
