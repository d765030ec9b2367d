//! The service `ssmmessages`: the web sockets of Session Manager. An agent keeps a control channel open, which announces sessions (and
//! commands, unless it polls `ec2messages`); each session has a data channel with two ends, the agent's and the client's. Its API is
//! published only in the source of both.
//! <https://github.com/aws/amazon-ssm-agent/tree/mainline/agent/session/service>,
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html>

pub(crate) mod control_channel;
pub(crate) mod data_channel;
mod socket;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use nightproof_core::{Principal, Region};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::require_agent;
use crate::records::Ssm;
use crate::sessions::channels::Token;
use crate::sessions::session::Status;

/// The service `ssmmessages`, on the records of [`Ssm`].
#[derive(Debug)]
pub struct SsmMessages {
    ssm: Arc<Ssm>,
}

/// The input of each operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Channel {
    /// An instance's id for a control channel, a session's for a data channel.
    channel_id: String,
    #[serde(flatten)]
    #[expect(dead_code, reason = "role and stream are always the same, and an end may send more than is known of its calls")]
    more: BTreeMap<String, Value>,
}

/// The agent asks for a token.
type CreateControlChannel = Channel;
/// The agent asks for the token of a session.
type CreateDataChannel = Channel;
/// The agent's web socket.
type OpenControlChannel = Channel;
/// A web socket of an agent, which signs it, or of a client, which does not.
type OpenDataChannel = Channel;

const VERSION: &str = "1.0";

impl SsmMessages {
    /// The channels of `ssm`.
    pub fn new(ssm: Arc<Ssm>) -> Arc<Self> {
        Arc::new(Self { ssm })
    }

    fn create_control_channel(&self, call: &Call, input: CreateControlChannel) -> Result<Value, AwsError> {
        let instance = require_agent(call, "ssmmessages:CreateControlChannel", Some(&input.channel_id))?;
        let token = self.ssm.channels.issue(Token::Control { account: call.account().to_owned(), instance });
        Ok(json!({"MessageSchemaVersion": VERSION, "TokenValue": token}))
    }

    fn create_data_channel(&self, call: &Call, input: CreateDataChannel) -> Result<Value, AwsError> {
        let instance = require_agent(call, "ssmmessages:CreateDataChannel", None)?;
        let found = self.ssm.with(call.account(), |records| {
            let session = records.session(&input.channel_id).filter(|session| session.target == instance)?;
            Some(!matches!(session.status, Status::Terminated | Status::Failed))
        });
        match found {
            Some(true) => {}
            // The agent knows this text, and does not try again.
            Some(false) => return Err(AwsError::new("BadRequestException", 400, "Session is already terminated")),
            None => return Err(no_session(&input.channel_id)),
        }
        let account = call.account().to_owned();
        let token = self.ssm.channels.issue(Token::Agent { account, session: input.channel_id });
        Ok(json!({"MessageSchemaVersion": VERSION, "TokenValue": token}))
    }

    fn open_control_channel(&self, call: &Call, input: OpenControlChannel) -> Result<Value, AwsError> {
        let instance = require_agent(call, "ssmmessages:OpenControlChannel", Some(&input.channel_id))?;
        let upgrade = socket::upgrade(call, "OpenControlChannel")?;
        let (ssm, region) = (Arc::clone(&self.ssm), call.region.clone());
        spawn(call, async move {
            if let Some(socket) = socket::opened(upgrade).await {
                control_channel::serve(&ssm, &region, &instance, socket).await;
            }
        });
        Ok(json!({}))
    }

    fn open_data_channel(&self, call: &Call, input: OpenDataChannel) -> Result<Value, AwsError> {
        let upgrade = socket::upgrade(call, "OpenDataChannel")?;
        let (ssm, region) = (Arc::clone(&self.ssm), call.region.clone());
        let instance = call.caller.instance().map(str::to_owned);
        spawn(call, async move {
            if let Some(socket) = socket::opened(upgrade).await {
                data_channel::serve(&ssm, &region, &input.channel_id, instance.as_deref(), socket).await;
            }
        });
        Ok(json!({}))
    }
}

/// Runs it until the region stops.
fn spawn(call: &Call, task: impl Future<Output = ()> + Send + 'static) {
    let region: Region = call.region.clone();
    call.region.tasks().spawn(async move {
        tokio::select! {
            () = region.stopping().cancelled() => {}
            () = task => {}
        }
    });
}

fn no_session(id: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", 404, format!("There is no session {id} of this instance."))
}

operations!("ssmmessages", SsmMessages:
    CreateControlChannel => create_control_channel: ["= *"],
    CreateDataChannel => create_data_channel: ["= *"],
    OpenControlChannel => open_control_channel: ["= *"],
    OpenDataChannel => open_data_channel: ["= *"],
);

#[async_trait]
impl Service for SsmMessages {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    /// A client's end of a data channel is opened without a signature: the token that it sends first is what lets it in.
    fn allows_by_itself(&self, call: &Call, operation: &str, _input: &Value) -> bool {
        operation == "OpenDataChannel" && call.caller.principal == Principal::Anonymous
    }
}
