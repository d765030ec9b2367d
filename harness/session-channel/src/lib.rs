//! The channels of Session Manager, as the SSM agent and the Session Manager plugin speak them over web sockets: the region, the agent in a
//! machine and `nightproof shell` each have an end.
//!
//! The protocol is published in the source of both: <https://github.com/aws/amazon-ssm-agent/tree/mainline/agent/session>,
//! <https://github.com/aws/session-manager-plugin>.

mod agent_message;
mod connect;
mod data_channel;
mod mux;
mod payload;
mod stream;
mod tunnel;

pub use agent_message::{AgentMessage, DecodeError, MessageType, epoch_milliseconds};
pub use connect::{Carrier, ConnectError, Socket, connect, connect_signed};
pub use data_channel::{DataChannel, Direction, Ended, Event, Outbound};
pub use payload::{
    AcknowledgeTask, Acknowledgement, AgentJob, AgentJobAck, AgentJobReply, AgentJobReplyAck, AgentTask, ChannelClosed, Flag,
    HandshakeComplete, HandshakeRequest, HandshakeResponse, OpenChannel, PayloadType, SessionState, SessionTask, Size,
    TaskComplete,
};
pub use tokio_tungstenite::WebSocketStream;
pub use tokio_tungstenite::tungstenite::Message as Frame;
pub use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode};
pub use tunnel::Tunnel;
