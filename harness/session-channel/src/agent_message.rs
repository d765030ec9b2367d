//! The binary message of both kinds of channels.
//! <https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/session/contracts/agentmessage.go>

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Bytes before the payload's length.
const HEADER: usize = 116;
const TYPE: usize = 32;
const DIGEST: usize = 32;
/// The version of a message that both sides write.
const SCHEMA: u32 = 1;
/// The largest payload that is read, bytes: documents of sessions are below 64 KiB, pieces of streams below 1 KiB.
const LARGEST: usize = 1 << 20;

/// What a message is, by the names of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// Receipt of a stream's message.
    Acknowledge,
    /// How far the agent is with a session.
    AgentSessionState,
    /// The channel ends.
    ChannelClosed,
    /// From the agent to the client.
    OutputStreamData,
    /// From the client to the agent.
    InputStreamData,
    /// Nobody listens at the moment.
    PausePublication,
    /// Somebody listens again.
    StartPublication,
    /// A session for the agent.
    InteractiveShell,
    /// Receipt of a task.
    AgentTaskAcknowledge,
    /// What came of a session.
    AgentTaskComplete,
    /// A command of Run Command for the agent.
    AgentJob,
    /// Receipt of a job.
    AgentJobAck,
    /// How far the agent is with a command.
    AgentJobReply,
    /// Receipt of such a reply.
    AgentJobReplyAck,
}

impl MessageType {
    const ALL: [(Self, &'static str); 14] = [
        (Self::Acknowledge, "acknowledge"),
        (Self::AgentSessionState, "agent_session_state"),
        (Self::ChannelClosed, "channel_closed"),
        (Self::OutputStreamData, "output_stream_data"),
        (Self::InputStreamData, "input_stream_data"),
        (Self::PausePublication, "pause_publication"),
        (Self::StartPublication, "start_publication"),
        (Self::InteractiveShell, "interactive_shell"),
        (Self::AgentTaskAcknowledge, "agent_task_acknowledge"),
        (Self::AgentTaskComplete, "agent_task_complete"),
        (Self::AgentJob, "agent_job"),
        (Self::AgentJobAck, "agent_job_ack"),
        (Self::AgentJobReply, "agent_job_reply"),
        (Self::AgentJobReplyAck, "agent_job_reply_ack"),
    ];

    /// `input_stream_data`
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map(|(_, name)| *name).unwrap_or_default()
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentMessage {
    /// What it is.
    pub kind: MessageType,
    /// When it was made, milliseconds since 1970.
    pub created: u64,
    /// Its place in its stream; 0 where there is none.
    pub sequence: i64,
    /// Bit 0 is set in the first message of a stream.
    pub flags: u64,
    /// Its own.
    pub id: Uuid,
    /// Of a stream: a [`PayloadType`](crate::PayloadType).
    pub payload_type: u32,
    /// Bytes of a stream, or a JSON document.
    pub payload: Vec<u8>,
}

/// Why bytes are no message.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DecodeError {
    /// It ends before its header does.
    #[error("the message ends within its header")]
    TooShort,
    /// The header is not as long as it says.
    #[error("the header of the message has {0} bytes")]
    HeaderLength(u32),
    /// A type that nobody sends here.
    #[error("messages of type `{0}` are unknown")]
    UnknownType(String),
    /// It has another length than it says.
    #[error("the payload of the message is not as long as the message says")]
    PayloadLength,
    /// It is not what was sent.
    #[error("the payload of the message does not have the message's digest")]
    Digest,
}

impl AgentMessage {
    /// A message outside of any stream, with a JSON document.
    pub fn document(kind: MessageType, document: &impl serde::Serialize) -> Self {
        let payload = serde_json::to_vec(document).unwrap_or_default();
        Self { kind, created: epoch_milliseconds(), sequence: 0, flags: 0, id: Uuid::new_v4(), payload_type: 0, payload }
    }

    /// The JSON document that it carries.
    ///
    /// # Errors
    /// It carries another.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.payload)
    }

    /// As it is sent.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 4 + self.payload.len());
        let header = u32::try_from(HEADER).unwrap_or_default();
        bytes.extend(header.to_be_bytes());
        bytes.extend(format!("{:TYPE$}", self.kind.name()).bytes());
        bytes.extend(SCHEMA.to_be_bytes());
        bytes.extend(self.created.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.flags.to_be_bytes());
        // Java's UUID: the lower half comes first.
        let (high, low) = self.id.as_u64_pair();
        bytes.extend(low.to_be_bytes());
        bytes.extend(high.to_be_bytes());
        bytes.extend(Sha256::digest(&self.payload));
        bytes.extend(self.payload_type.to_be_bytes());
        bytes.extend(u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }

    /// Reads one message, which has to be all of `bytes`.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut rest = bytes;
        let header = u32::from_be_bytes(take(&mut rest)?);
        if usize::try_from(header) != Ok(HEADER) {
            return Err(DecodeError::HeaderLength(header));
        }
        let name: [u8; TYPE] = take(&mut rest)?;
        let name = String::from_utf8_lossy(&name);
        let name = name.trim_matches(['\0', ' ']);
        let kind = MessageType::from_name(name).ok_or_else(|| DecodeError::UnknownType(name.to_owned()))?;
        let _schema: [u8; 4] = take(&mut rest)?;
        let created = u64::from_be_bytes(take(&mut rest)?);
        let sequence = i64::from_be_bytes(take(&mut rest)?);
        let flags = u64::from_be_bytes(take(&mut rest)?);
        let (low, high) = (u64::from_be_bytes(take(&mut rest)?), u64::from_be_bytes(take(&mut rest)?));
        let digest: [u8; DIGEST] = take(&mut rest)?;
        let payload_type = u32::from_be_bytes(take(&mut rest)?);
        let length = u32::from_be_bytes(take(&mut rest)?);
        if usize::try_from(length) != Ok(rest.len()) || rest.len() > LARGEST {
            return Err(DecodeError::PayloadLength);
        }
        if Sha256::digest(rest).as_slice() != digest {
            return Err(DecodeError::Digest);
        }
        let id = Uuid::from_u64_pair(high, low);
        Ok(Self { kind, created, sequence, flags, id, payload_type, payload: rest.to_vec() })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], DecodeError> {
    let (taken, others) = rest.split_first_chunk().ok_or(DecodeError::TooShort)?;
    *rest = others;
    Ok(*taken)
}

/// Milliseconds since 1970 by the clock of the machine that sends, as messages have it.
#[expect(clippy::disallowed_methods, reason = "a message says when it was sent by its sender's own clock, as the agent's do")]
pub fn epoch_milliseconds() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> AgentMessage {
        AgentMessage {
            kind: MessageType::InputStreamData,
            created: 0x0102_0304_0506_0708,
            sequence: 9,
            flags: 1,
            id: Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
            payload_type: 1,
            payload: b"ls\r".to_vec(),
        }
    }

    #[test]
    fn a_message_has_the_agents_layout() {
        let bytes = message().encode();
        assert_eq!(bytes.len(), 120 + 3);
        assert_eq!(bytes[..4], [0, 0, 0, 116]);
        assert_eq!(bytes[4..36], *b"input_stream_data               ");
        assert_eq!(bytes[36..40], [0, 0, 0, 1]);
        assert_eq!(bytes[40..48], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(bytes[48..56], [0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(bytes[56..64], [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(hex::encode(&bytes[64..80]), "8899aabbccddeeff0011223344556677", "the lower half of the id comes first");
        assert_eq!(hex::encode(&bytes[80..112]), hex::encode(Sha256::digest(b"ls\r")));
        assert_eq!(bytes[112..120], [0, 0, 0, 1, 0, 0, 0, 3]);
        assert_eq!(bytes[120..], *b"ls\r");
    }

    #[test]
    fn what_was_encoded_is_read_again() {
        let read = AgentMessage::decode(&message().encode()).unwrap();
        assert_eq!(read, message());
        for (kind, name) in MessageType::ALL {
            assert!(name.len() <= TYPE);
            let sent = AgentMessage { kind, payload: Vec::new(), ..message() };
            assert_eq!(AgentMessage::decode(&sent.encode()).unwrap().kind, kind);
        }
    }

    #[test]
    fn a_type_may_be_padded_by_zeros() {
        let mut bytes = message().encode();
        bytes[4 + "input_stream_data".len()..36].fill(0);
        assert_eq!(AgentMessage::decode(&bytes).unwrap().kind, MessageType::InputStreamData);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let whole = message().encode();
        let changed = |at: usize, value: u8| {
            let mut bytes = message().encode();
            bytes[at] = value;
            AgentMessage::decode(&bytes)
        };
        for length in 0..120 {
            assert_eq!(AgentMessage::decode(&whole[..length]), Err(DecodeError::TooShort), "{length}");
        }
        assert_eq!(AgentMessage::decode(&whole[..122]), Err(DecodeError::PayloadLength));
        assert_eq!(AgentMessage::decode(&[whole.as_slice(), b"x"].concat()), Err(DecodeError::PayloadLength));
        assert_eq!(changed(3, 117), Err(DecodeError::HeaderLength(117)));
        assert_eq!(changed(4, b'x'), Err(DecodeError::UnknownType("xnput_stream_data".to_owned())));
        assert_eq!(changed(120, b'L'), Err(DecodeError::Digest));
    }
}
