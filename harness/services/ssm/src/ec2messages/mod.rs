//! The service `ec2messages`: where agents fetch commands and report back. Its API is published only in the agent's source.
//! <https://github.com/aws/amazon-ssm-agent/tree/mainline/agent/ec2messages>

mod session_channel;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{Ssm, parse, require_agent};

pub use session_channel::SsmMessages;

/// How long a call for messages waits for one. The agent gives up at 20 s.
const LONG_POLL: Duration = Duration::from_secs(15);

/// The service `ec2messages`, on the records of [`Ssm`].
#[derive(Debug)]
pub struct Ec2Messages {
    ssm: Arc<Ssm>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetMessages {
    destination: String,
    messages_request_id: Option<String>,
    visibility_timeout_in_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OneMessage {
    message_id: String,
    payload: Option<String>,
    failure_type: Option<String>,
}

/// The node waits for messages as long as this lives: also when the client hangs up in the middle of the call.
struct Polling<'a> {
    ssm: &'a Ssm,
    call: &'a Call,
    instance: &'a str,
}

impl<'a> Polling<'a> {
    fn begin(ssm: &'a Ssm, call: &'a Call, instance: &'a str) -> Self {
        ssm.with(call.account(), |records| {
            if let Some(node) = records.nodes.get_mut(instance) {
                node.polling += 1;
            }
        });
        Self { ssm, call, instance }
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        let now = self.call.region.clock().now();
        self.ssm.with(self.call.account(), |records| {
            if let Some(node) = records.nodes.get_mut(self.instance) {
                node.polling = node.polling.saturating_sub(1);
                node.last_contact = node.last_contact.max(now);
            }
        });
    }
}

impl Ec2Messages {
    /// The agents' side of `ssm`.
    pub fn new(ssm: Arc<Ssm>) -> Arc<Self> {
        Arc::new(Self { ssm })
    }

    async fn get_messages(&self, call: &Call, input: GetMessages) -> Result<Value, AwsError> {
        let instance = require_agent(call, "ec2messages:GetMessages", Some(&input.destination))?;
        let visibility = Duration::from_secs(input.visibility_timeout_in_seconds.unwrap_or(10));
        let _polling = Polling::begin(&self.ssm, call, &instance);
        let deadline = Instant::now() + LONG_POLL;
        let messages = loop {
            // Listening starts before looking, so that mail put in between is not slept over.
            let rung = self.ssm.mail.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let (taken, next) = self.ssm.with(call.account(), |records| {
                let mailbox = records.mail.entry(instance.clone()).or_default();
                (mailbox.take(Instant::now(), visibility), mailbox.next_visible())
            });
            if !taken.is_empty() || Instant::now() >= deadline || call.region.stopping().is_cancelled() {
                break taken;
            }
            let wake = next.map_or(deadline, |next| next.min(deadline));
            tokio::select! {
                () = &mut rung => {}
                () = tokio::time::sleep_until(wake) => {}
                () = call.region.stopping().cancelled() => {}
            }
        };
        let messages: Vec<Value> = messages.iter().map(|message| message.document(&instance)).collect();
        Ok(json!({
            "Destination": instance,
            "MessagesRequestId": input.messages_request_id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            "Messages": messages,
        }))
    }

    /// The message's id ends in the instance that it is for, which the caller has to be.
    fn for_caller(call: &Call, operation: &str, input: &OneMessage) -> Result<(), AwsError> {
        let instance = input.message_id.strip_prefix("aws.ssm.").and_then(|rest| rest.split_once('.')).map(|(_, id)| id);
        let instance =
            instance.ok_or_else(|| AwsError::validation(format!("The message id {} is not valid.", input.message_id)))?;
        require_agent(call, &format!("ec2messages:{operation}"), Some(instance)).map(drop)
    }
}

#[async_trait]
impl Service for Ec2Messages {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        if operation == "GetMessages" {
            return self.get_messages(call, parse(input)?).await.map(Reply::from);
        }
        if operation == "GetEndpoint" {
            let endpoint = format!("ec2messages.{}.amazonaws.com", call.region.name());
            return Ok(json!({"Endpoint": endpoint, "Protocol": "https"}).into());
        }
        if !["AcknowledgeMessage", "SendReply", "FailMessage", "DeleteMessage"].contains(&operation) {
            return Err(AwsError::not_implemented("ec2messages", operation));
        }
        let input: OneMessage = parse(input)?;
        Self::for_caller(call, operation, &input)?;
        let account = call.account();
        if let Some(instance) = call.caller.instance() {
            self.ssm.contact(account, instance, call.now);
        }
        match operation {
            "SendReply" => {
                let payload = input.payload.unwrap_or_default();
                if !self.ssm.reply(account, &input.message_id, &payload, call.now) {
                    return Err(AwsError::validation("The payload of the reply is not JSON."));
                }
            }
            "FailMessage" => {
                let why = input.failure_type.unwrap_or_default();
                self.ssm.fail_message(account, &input.message_id, &why, call.now);
            }
            // Deleted or acknowledged, the agent is not given it again.
            _ => self.ssm.acknowledge(account, &input.message_id),
        }
        self.ssm.announce(&call.region, account).await;
        Ok(json!({}).into())
    }
}
