//! The two directions of a data channel: what was sent and not acknowledged, and what came out of order.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::agent_message::{AgentMessage, MessageType, epoch_milliseconds};
use crate::payload::{Acknowledgement, PayloadType};

/// What the agent and the plugin begin with.
const FIRST_TIMEOUT: Duration = Duration::from_millis(200);
const FIRST_ROUND_TRIP: f64 = 0.1;
const LONGEST_TIMEOUT: Duration = Duration::from_secs(1);
const GRANULARITY: f64 = 0.01;
/// How many messages are kept that came before their turn.
const AHEAD: usize = 10_000;

struct Sent {
    sequence: i64,
    bytes: Vec<u8>,
    at: Instant,
}

/// What is sent: each message is kept until it is acknowledged.
pub(crate) struct Outgoing {
    kind: MessageType,
    next: i64,
    pending: VecDeque<Sent>,
    round_trip: f64,
    variation: f64,
    timeout: Duration,
}

impl Outgoing {
    pub(crate) fn new(kind: MessageType) -> Self {
        Self { kind, next: 0, pending: VecDeque::new(), round_trip: FIRST_ROUND_TRIP, variation: 0.0, timeout: FIRST_TIMEOUT }
    }

    /// The next message of the stream, as it is sent.
    pub(crate) fn wrap(&mut self, payload_type: PayloadType, payload: Vec<u8>, now: Instant) -> Vec<u8> {
        let message = AgentMessage {
            kind: self.kind,
            created: epoch_milliseconds(),
            sequence: self.next,
            flags: u64::from(self.next == 0),
            id: Uuid::new_v4(),
            payload_type: payload_type.number(),
            payload,
        };
        let bytes = message.encode();
        self.pending.push_back(Sent { sequence: self.next, bytes: bytes.clone(), at: now });
        self.next += 1;
        bytes
    }

    /// The other end has this one. How long that took decides how long the next may take (RFC 6298, with the agent's constants).
    pub(crate) fn acknowledge(&mut self, sequence: i64, now: Instant) {
        let Some(found) = self.pending.iter().position(|sent| sent.sequence == sequence) else { return };
        let Some(sent) = self.pending.remove(found) else { return };
        let took = now.saturating_duration_since(sent.at).as_secs_f64();
        self.variation = 0.75 * self.variation + 0.25 * (self.round_trip - took).abs();
        self.round_trip = 0.875 * self.round_trip + 0.125 * took;
        let timeout = Duration::from_secs_f64(self.round_trip + (4.0 * self.variation).max(GRANULARITY));
        self.timeout = timeout.min(LONGEST_TIMEOUT);
    }

    /// The oldest message, if its receipt is overdue: it is to be sent again.
    pub(crate) fn overdue(&mut self, now: Instant) -> Option<Vec<u8>> {
        let timeout = self.timeout;
        let oldest = self.pending.front_mut().filter(|sent| now.saturating_duration_since(sent.at) > timeout)?;
        oldest.at = now;
        Some(oldest.bytes.clone())
    }

    /// All that is not acknowledged, to be sent to an end that is new.
    pub(crate) fn unacknowledged(&mut self, now: Instant) -> Vec<Vec<u8>> {
        self.pending.iter_mut().for_each(|sent| sent.at = now);
        self.pending.iter().map(|sent| sent.bytes.clone()).collect()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.pending.len()
    }
}

/// What comes: each message once, in order.
#[derive(Default)]
pub(crate) struct Incoming {
    expected: i64,
    ahead: BTreeMap<i64, AgentMessage>,
}

impl Incoming {
    /// The messages whose turn it is with this one. The other end is to be told that it came, unless there is no room for it.
    pub(crate) fn take(&mut self, message: AgentMessage) -> (Vec<AgentMessage>, bool) {
        if message.sequence < self.expected {
            return (Vec::new(), true);
        }
        if message.sequence > self.expected {
            let room = self.ahead.len() < AHEAD;
            if room {
                self.ahead.insert(message.sequence, message);
            }
            return (Vec::new(), room);
        }
        let mut ready = vec![message];
        self.expected += 1;
        while let Some(next) = self.ahead.remove(&self.expected) {
            ready.push(next);
            self.expected += 1;
        }
        (ready, true)
    }
}

/// The receipt of a message.
pub(crate) fn receipt(message: &AgentMessage) -> Vec<u8> {
    let content = Acknowledgement {
        kind: message.kind.name().to_owned(),
        id: message.id.to_string(),
        sequence: message.sequence,
        is_sequential: true,
    };
    // Bits 0 and 1, as the agent and the plugin set them.
    AgentMessage { flags: 3, ..AgentMessage::document(MessageType::Acknowledge, &content) }.encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(sequence: i64) -> AgentMessage {
        AgentMessage { sequence, ..AgentMessage::document(MessageType::OutputStreamData, &sequence) }
    }

    fn sequences(taken: (Vec<AgentMessage>, bool)) -> (Vec<i64>, bool) {
        (taken.0.iter().map(|message| message.sequence).collect(), taken.1)
    }

    #[test]
    fn messages_are_handed_on_once_and_in_order() {
        let mut incoming = Incoming::default();
        assert_eq!(sequences(incoming.take(numbered(1))), (vec![], true));
        assert_eq!(sequences(incoming.take(numbered(2))), (vec![], true));
        assert_eq!(sequences(incoming.take(numbered(0))), (vec![0, 1, 2], true));
        assert_eq!(sequences(incoming.take(numbered(1))), (vec![], true), "it was acknowledged before, and that was lost");
        assert_eq!(sequences(incoming.take(numbered(3))), (vec![3], true));
    }

    #[test]
    fn what_is_not_acknowledged_in_time_is_sent_again() {
        let mut outgoing = Outgoing::new(MessageType::InputStreamData);
        let begun = Instant::now();
        let first = outgoing.wrap(PayloadType::Output, b"a".to_vec(), begun);
        let second = outgoing.wrap(PayloadType::Output, b"b".to_vec(), begun);
        let [first_read, second_read] = [&first, &second].map(|bytes| AgentMessage::decode(bytes).unwrap());
        assert_eq!((first_read.sequence, first_read.flags, second_read.sequence, second_read.flags), (0, 1, 1, 0));
        assert_eq!(outgoing.overdue(begun + FIRST_TIMEOUT), None);
        let late = begun + FIRST_TIMEOUT + Duration::from_millis(1);
        assert_eq!(outgoing.overdue(late), Some(first.clone()));
        assert_eq!(outgoing.overdue(late), None, "it was sent just now");
        assert_eq!(outgoing.unacknowledged(late), [first, second.clone()]);
        outgoing.acknowledge(0, late);
        outgoing.acknowledge(0, late);
        assert_eq!(outgoing.in_flight(), 1);
        assert_eq!(outgoing.overdue(late + LONGEST_TIMEOUT + LONGEST_TIMEOUT), Some(second));
    }

    #[test]
    fn a_slow_way_is_given_more_time_but_at_most_a_second() {
        let mut outgoing = Outgoing::new(MessageType::InputStreamData);
        let mut now = Instant::now();
        for sequence in 0..20 {
            outgoing.wrap(PayloadType::Output, Vec::new(), now);
            now += Duration::from_secs(3);
            outgoing.acknowledge(sequence, now);
        }
        assert_eq!(outgoing.timeout, LONGEST_TIMEOUT);
    }

    #[test]
    fn a_receipt_names_the_message() {
        let message = numbered(7);
        let receipt = AgentMessage::decode(&receipt(&message)).unwrap();
        let content: Acknowledgement = receipt.read().unwrap();
        assert_eq!((receipt.kind, receipt.sequence, receipt.flags), (MessageType::Acknowledge, 0, 3));
        assert_eq!((content.kind.as_str(), content.sequence, content.id), ("output_stream_data", 7, message.id.to_string()));
    }
}
