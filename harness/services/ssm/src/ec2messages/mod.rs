//! The service `ec2messages`: where agents fetch commands and report back. Its API is published only in the agent's source.
//! <https://github.com/aws/amazon-ssm-agent/tree/mainline/agent/ec2messages>

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::agent::require_agent;
use crate::records::Ssm;

/// How long a call for messages waits for one. The agent gives up at 20 s.
const LONG_POLL: Duration = Duration::from_secs(15);

/// The service `ec2messages`, on the records of [`Ssm`].
#[derive(Debug)]
pub struct Ec2Messages {
    ssm: Arc<Ssm>,
}

/// `GetMessages`: the agent waits for mail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetMessages {
    destination: String,
    messages_request_id: Option<String>,
    visibility_timeout_in_seconds: Option<u64>,
    #[serde(flatten)]
    #[expect(dead_code, reason = "the agent may say more than is known of its calls")]
    more: BTreeMap<String, Value>,
}

/// `AcknowledgeMessage`: the agent has a message and is not given it again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AcknowledgeMessage {
    message_id: String,
    #[serde(flatten)]
    #[expect(dead_code, reason = "the agent may say more than is known of its calls")]
    more: BTreeMap<String, Value>,
}

/// `DeleteMessage`: the same as [`AcknowledgeMessage`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteMessage {
    message_id: String,
    #[serde(flatten)]
    #[expect(dead_code, reason = "the agent may say more than is known of its calls")]
    more: BTreeMap<String, Value>,
}

/// `FailMessage`: the agent can do nothing with a message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FailMessage {
    message_id: String,
    failure_type: Option<String>,
    #[serde(flatten)]
    #[expect(dead_code, reason = "the agent may say more than is known of its calls")]
    more: BTreeMap<String, Value>,
}

/// `SendReply`: how far the agent is with a message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendReply {
    message_id: String,
    payload: Option<String>,
    #[serde(flatten)]
    #[expect(
        dead_code,
        reason = "a reply applies once however often it comes, so its id says nothing, and the agent may say more than is known of its calls"
    )]
    more: BTreeMap<String, Value>,
}

/// `GetEndpoint`: where to send these calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetEndpoint {
    #[serde(flatten)]
    #[expect(
        dead_code,
        reason = "there is one endpoint for every destination, and the agent may say more than is known of its calls"
    )]
    more: BTreeMap<String, Value>,
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
                node.polled = Some(Instant::now());
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

    async fn acknowledge_message(&self, call: &Call, input: AcknowledgeMessage) -> Result<Value, AwsError> {
        self.for_caller(call, "AcknowledgeMessage", &input.message_id)?;
        self.ssm.acknowledge(call.account(), &input.message_id);
        self.done(call).await
    }

    async fn delete_message(&self, call: &Call, input: DeleteMessage) -> Result<Value, AwsError> {
        self.for_caller(call, "DeleteMessage", &input.message_id)?;
        self.ssm.acknowledge(call.account(), &input.message_id);
        self.done(call).await
    }

    async fn fail_message(&self, call: &Call, input: FailMessage) -> Result<Value, AwsError> {
        self.for_caller(call, "FailMessage", &input.message_id)?;
        self.ssm.fail_message(call.account(), &input.message_id, &input.failure_type.unwrap_or_default(), call.now);
        self.done(call).await
    }

    async fn send_reply(&self, call: &Call, input: SendReply) -> Result<Value, AwsError> {
        self.for_caller(call, "SendReply", &input.message_id)?;
        if !self.ssm.reply(call.account(), &input.message_id, &input.payload.unwrap_or_default(), call.now) {
            return Err(AwsError::validation("The payload of the reply is not JSON."));
        }
        self.done(call).await
    }

    fn get_endpoint(&self, call: &Call, _input: GetEndpoint) -> Result<Value, AwsError> {
        Ok(json!({"Endpoint": format!("ec2messages.{}.amazonaws.com", call.region.name()), "Protocol": "https"}))
    }

    /// The message's id ends in the instance that it is for, which the caller has to be; its agent is alive.
    fn for_caller(&self, call: &Call, operation: &str, message: &str) -> Result<(), AwsError> {
        let instance = message.strip_prefix("aws.ssm.").and_then(|rest| rest.split_once('.')).map(|(_, id)| id);
        let instance = instance.ok_or_else(|| AwsError::validation(format!("The message id {message} is not valid.")))?;
        let agent = require_agent(call, &format!("ec2messages:{operation}"), Some(instance))?;
        self.ssm.contact(call.account(), &agent, call.now);
        Ok(())
    }

    /// Tells EventBridge what has changed.
    async fn done(&self, call: &Call) -> Result<Value, AwsError> {
        self.ssm.announce(&call.region, call.account()).await;
        Ok(json!({}))
    }
}

operations!("ec2messages", Ec2Messages:
    AcknowledgeMessage => acknowledge_message.await: ["= *"],
    DeleteMessage => delete_message.await: ["= *"],
    FailMessage => fail_message.await: ["= *"],
    GetEndpoint => get_endpoint: ["= *"],
    GetMessages => get_messages.await: ["= *"],
    SendReply => send_reply.await: ["= *"],
);

#[async_trait]
impl Service for Ec2Messages {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }
}
