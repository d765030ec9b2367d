//! The documents that messages carry, and the types of what streams carry.
//! <https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/session/contracts/model.go>

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a piece of a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadType {
    /// Bytes of a terminal, a command or a port.
    Output,
    /// What went wrong.
    Error,
    /// The size of the client's terminal: [`Size`].
    Size,
    /// [`HandshakeRequest`]
    HandshakeRequest,
    /// [`HandshakeResponse`]
    HandshakeResponse,
    /// [`HandshakeComplete`]
    HandshakeComplete,
    /// [`Flag`]
    Flag,
    /// The standard error of a command whose streams are apart.
    StdErr,
    /// How such a command ended: `EXIT_CODE: 3`.
    ExitCode,
    /// One that is not known here, such as those of encryption.
    Other(u32),
}

impl PayloadType {
    /// By its number.
    pub fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Output,
            2 => Self::Error,
            3 => Self::Size,
            5 => Self::HandshakeRequest,
            6 => Self::HandshakeResponse,
            7 => Self::HandshakeComplete,
            10 => Self::Flag,
            11 => Self::StdErr,
            12 => Self::ExitCode,
            other => Self::Other(other),
        }
    }

    /// Its number.
    pub fn number(self) -> u32 {
        match self {
            Self::Output => 1,
            Self::Error => 2,
            Self::Size => 3,
            Self::HandshakeRequest => 5,
            Self::HandshakeResponse => 6,
            Self::HandshakeComplete => 7,
            Self::Flag => 10,
            Self::StdErr => 11,
            Self::ExitCode => 12,
            Self::Other(number) => number,
        }
    }
}

/// What a client or an agent says of a forwarded port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// The connection to the port has ended.
    DisconnectToPort,
    /// The session ends.
    TerminateSession,
    /// Nobody listens on the port.
    ConnectToPortError,
}

impl Flag {
    /// As it is sent.
    pub fn bytes(self) -> [u8; 4] {
        let number: u32 = match self {
            Self::DisconnectToPort => 1,
            Self::TerminateSession => 2,
            Self::ConnectToPortError => 3,
        };
        number.to_be_bytes()
    }

    /// As it was sent.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        [Self::DisconnectToPort, Self::TerminateSession, Self::ConnectToPortError].into_iter().find(|flag| flag.bytes() == bytes)
    }
}

/// The first message of a channel, a text: the token that it was created with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OpenChannel {
    /// `1.0`
    pub message_schema_version: String,
    /// A UUID.
    pub request_id: String,
    /// What `StartSession`, `CreateDataChannel` or `CreateControlChannel` answered.
    pub token_value: String,
    /// Of a data channel: a UUID of its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Of a client's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// Of an agent's end of a data channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_instance_id: Option<String>,
    /// Of a control channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// Of a control channel: `linux`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_type: Option<String>,
}

/// Receipt of one message of a stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The type of that message.
    #[serde(rename = "AcknowledgedMessageType")]
    pub kind: String,
    /// Its id.
    #[serde(rename = "AcknowledgedMessageId")]
    pub id: String,
    /// Its place.
    #[serde(rename = "AcknowledgedMessageSequenceNumber")]
    pub sequence: i64,
    /// Always true: it is of a stream.
    #[serde(rename = "IsSequentialMessage")]
    pub is_sequential: bool,
}

/// How far the agent is with a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionState {
    /// 1
    pub schema_version: u32,
    /// `Connected` or `Terminating`
    pub session_state: String,
    /// Of which session.
    pub session_id: String,
}

/// A channel ends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChannelClosed {
    /// A UUID.
    pub message_id: String,
    /// Milliseconds since 1970.
    pub created_date: String,
    /// The instance.
    pub destination_id: String,
    /// Of which session.
    pub session_id: String,
    /// `channel_closed`
    pub message_type: String,
    /// 1
    pub schema_version: u32,
    /// Why, where the agent has said so.
    pub output: String,
}

/// The size of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Columns.
    pub cols: u32,
    /// Lines.
    pub rows: u32,
}

/// What the agent wants of the client before a session begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeRequest {
    /// The agent's.
    pub agent_version: String,
    /// `{ActionType, ActionParameters}` each: `SessionType` with the type and the properties of the session, or `KMSEncryption`.
    pub requested_client_actions: Vec<Value>,
}

/// What the client makes of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeResponse {
    /// The client's.
    pub client_version: String,
    /// `{ActionType, ActionStatus, ActionResult, Error}` each; 1 is success, 2 failure, 3 unsupported.
    pub processed_client_actions: Vec<Value>,
    /// What has failed.
    #[serde(default)]
    pub errors: Option<Vec<String>>,
}

/// The session begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeComplete {
    /// How long the handshake took, nanoseconds.
    pub handshake_time_to_complete: u64,
    /// What the client is to show.
    #[serde(default)]
    pub customer_message: String,
}

/// A session for the agent, on the control channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AgentTask {
    /// 1
    pub schema_version: u32,
    /// The session's id.
    pub task_id: String,
    /// `aws.ssm.StartSession…`
    #[serde(default)]
    pub topic: String,
    /// A [`SessionTask`] as a text.
    #[serde(default)]
    pub content: String,
}

/// What kind of session, of whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionTask {
    /// The name of the document.
    pub document_name: String,
    /// The document of schema 1.0, whose parameters are the agent's to fill in.
    pub document_content: Value,
    /// Of the session, which is its data channel's as well.
    pub session_id: String,
    /// What parameters the client has given.
    pub parameters: Value,
    /// The user that Run As support found, if it is enabled.
    #[serde(default)]
    pub run_as_user: String,
    /// The ARN of whoever has started it.
    #[serde(default)]
    pub session_owner: String,
}

/// Receipt of an [`AgentTask`], or of what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AcknowledgeTask {
    /// 1
    pub schema_version: u32,
    /// Of which message.
    pub message_id: String,
    /// The session's id.
    pub task_id: String,
    /// As the task has it.
    pub topic: String,
}

/// What came of a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskComplete {
    /// 1
    pub schema_version: u32,
    /// The session's id.
    pub task_id: String,
    /// As the task has it.
    pub topic: String,
    /// `Success`, `Failed`, `Cancelled` and others of the agent's.
    pub final_task_status: String,
    /// Whether the message found no way.
    pub is_routing_failure: bool,
    /// The account of the instance.
    pub aws_account_id: String,
    /// The instance.
    pub instance_id: String,
    /// The text for the client.
    pub output: String,
    /// Where the log of the session is.
    pub s3_bucket: String,
    /// Its key.
    pub s3_url_suffix: String,
    /// Its log group.
    pub cwl_group: String,
    /// Its log stream.
    pub cwl_stream: String,
    /// How often it was sent before.
    pub retry_number: u32,
}

/// A command of Run Command for the agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AgentJob {
    /// 1
    pub schema_version: u32,
    /// The id of the message: `aws.ssm.<command>.<instance>`.
    pub job_id: String,
    /// `aws.ssm.sendCommand…` or `aws.ssm.cancelCommand…`.
    pub topic: String,
    /// The message's payload.
    pub content: String,
}

/// Receipt of a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentJobAck {
    /// Which job.
    pub job_id: String,
    /// Of which message.
    #[serde(rename = "acknowledgedMessageId")]
    pub message_id: String,
    /// When.
    #[serde(default)]
    pub created_date: String,
    /// `200`, or why the job was not taken.
    #[serde(default)]
    pub status_code: String,
    /// Why.
    #[serde(default)]
    pub error_message: String,
}

/// How far the agent is with a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentJobReply {
    /// 1
    pub schema_version: u32,
    /// Which job.
    pub job_id: String,
    /// What `ec2messages:SendReply` has as its payload.
    pub content: String,
    /// `aws.ssm.sendCommand…`
    #[serde(default)]
    pub topic: String,
}

/// Receipt of such a reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentJobReplyAck {
    /// Which job.
    pub job_id: String,
    /// Of which message.
    pub acknowledged_message_id: String,
}
