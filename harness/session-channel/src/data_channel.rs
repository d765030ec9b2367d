//! One end of a session's data channel: streams in order and without loss in both directions, over a web socket.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message as Frame};
use tracing::debug;

use crate::agent_message::{AgentMessage, MessageType};
use crate::connect::Carrier;
use crate::payload::{Acknowledgement, ChannelClosed, OpenChannel, PayloadType, SessionState};
use crate::stream::{Incoming, Outgoing, receipt};

/// Bytes of a stream that one message carries at most: the agent's and the plugin's.
pub(crate) const PIECE: usize = 1024;
/// How often it is looked whether something is to be sent again.
const GLANCE: Duration = Duration::from_millis(100);
/// How many messages may be on their way. With neither side ever waiting for the other to read, none can wait for both.
const WINDOW: usize = 256;
/// How many events and messages wait for those who take them.
const QUEUE: usize = 64;
/// How often a ping keeps the connection alive.
const PING: Duration = Duration::from_secs(54);

/// Which stream an end writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The client's.
    Input,
    /// The agent's.
    Output,
}

/// What comes out of a data channel.
#[derive(Debug)]
pub enum Event {
    /// A piece of the other side's stream.
    Data(PayloadType, Vec<u8>),
    /// The session has ended; nothing comes after it.
    Closed(ChannelClosed),
    /// The connection has ended without a word; nothing comes after it.
    Lost,
}

/// What goes into a data channel.
#[derive(Debug)]
pub enum Outbound {
    /// A piece of this side's stream, of any length.
    Data(PayloadType, Vec<u8>),
    /// How far the agent is.
    State(SessionState),
    /// All that was sent before is acknowledged, or cannot be any more.
    Settled(tokio::sync::oneshot::Sender<()>),
}

/// One end of a data channel, which a task of the runtime serves until both of its halves are dropped or the channel ends.
pub struct DataChannel {
    /// What goes in.
    pub outbound: Sender<Outbound>,
    /// What comes out.
    pub events: Receiver<Event>,
}

impl DataChannel {
    /// Shows the token, and serves the channel from then on.
    ///
    /// # Errors
    /// The web socket has ended.
    pub async fn open(
        mut socket: WebSocketStream<Box<dyn Carrier>>,
        token: &OpenChannel,
        direction: Direction,
    ) -> Result<Self, Box<WebSocketError>> {
        let text = serde_json::to_string(token).unwrap_or_default();
        socket.send(Frame::text(text)).await.map_err(Box::new)?;
        let (outbound, orders) = channel(QUEUE);
        let (sender, events) = channel(QUEUE);
        let kind = match direction {
            Direction::Input => MessageType::InputStreamData,
            Direction::Output => MessageType::OutputStreamData,
        };
        let driver = Driver {
            socket,
            outgoing: Outgoing::new(kind),
            incoming: Incoming::default(),
            sender,
            settling: Vec::new(),
            paused: false,
        };
        tokio::spawn(driver.run(orders));
        Ok(Self { outbound, events })
    }

    /// Sends a piece of this side's stream. An error says that the channel has ended.
    ///
    /// # Errors
    /// The channel has ended.
    pub async fn send(&self, kind: PayloadType, bytes: impl Into<Vec<u8>>) -> Result<(), Ended> {
        self.outbound.send(Outbound::Data(kind, bytes.into())).await.map_err(|_| Ended)
    }

    /// Waits until all that was sent is acknowledged, at most `limit`.
    pub async fn settle(&self, limit: Duration) {
        let (sender, settled) = tokio::sync::oneshot::channel();
        if self.outbound.send(Outbound::Settled(sender)).await.is_ok() {
            let _ = tokio::time::timeout(limit, settled).await;
        }
    }
}

/// The channel has ended.
#[derive(Debug, thiserror::Error)]
#[error("the channel of the session has ended")]
pub struct Ended;

struct Driver {
    socket: WebSocketStream<Box<dyn Carrier>>,
    outgoing: Outgoing,
    incoming: Incoming,
    sender: Sender<Event>,
    settling: Vec<tokio::sync::oneshot::Sender<()>>,
    paused: bool,
}

impl Driver {
    async fn run(mut self, mut orders: Receiver<Outbound>) {
        let mut glance = interval(GLANCE);
        glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pinged = Instant::now();
        let last = loop {
            if self.outgoing.in_flight() == 0 {
                for waiting in self.settling.drain(..) {
                    let _ = waiting.send(());
                }
            }
            let worked = tokio::select! {
                frame = self.socket.next() => match frame {
                    Some(Ok(frame)) => self.take(frame).await,
                    Some(Err(error)) => Err(Some(error)),
                    None => Err(None),
                },
                order = orders.recv(), if self.outgoing.in_flight() < WINDOW => match order {
                    Some(order) => self.order(order).await,
                    // Whoever had it does not want it any more.
                    None => {
                        let _ = self.socket.close(None).await;
                        return;
                    }
                },
                _ = glance.tick() => {
                    let now = Instant::now();
                    if now.saturating_duration_since(pinged) > PING {
                        pinged = now;
                        self.socket.send(Frame::Ping("keepalive".into())).await.map(|()| None).map_err(Some)
                    } else {
                        self.send_again(now).await
                    }
                }
            };
            match worked {
                Ok(None) => {}
                Ok(Some(closed)) => break Event::Closed(closed),
                Err(error) => {
                    debug!(?error, "a data channel has ended");
                    break Event::Lost;
                }
            }
        };
        let _ = self.sender.send(last).await;
        let _ = self.socket.close(None).await;
    }

    async fn send_again(&mut self, now: Instant) -> Worked {
        match self.outgoing.overdue(now).filter(|_| !self.paused) {
            Some(bytes) => self.socket.send(Frame::binary(bytes)).await.map(|()| None).map_err(Some),
            None => Ok(None),
        }
    }

    async fn order(&mut self, order: Outbound) -> Worked {
        match order {
            Outbound::Data(kind, bytes) => {
                for piece in bytes.chunks(PIECE) {
                    let bytes = self.outgoing.wrap(kind, piece.to_vec(), Instant::now());
                    if !self.paused {
                        self.socket.send(Frame::binary(bytes)).await.map_err(Some)?;
                    }
                }
            }
            Outbound::State(state) => {
                let message = AgentMessage::document(MessageType::AgentSessionState, &state);
                self.socket.send(Frame::binary(message.encode())).await.map_err(Some)?;
            }
            Outbound::Settled(waiting) => self.settling.push(waiting),
        }
        Ok(None)
    }

    async fn take(&mut self, frame: Frame) -> Worked {
        let bytes = match frame {
            Frame::Binary(bytes) => bytes,
            Frame::Close(_) => return Err(None),
            // Pings are answered by the library.
            _ => return Ok(None),
        };
        let message = match AgentMessage::decode(&bytes) {
            Ok(message) => message,
            Err(error) => {
                debug!(%error, "a message was left out");
                return Ok(None);
            }
        };
        match message.kind {
            MessageType::Acknowledge => {
                if let Ok(receipt) = message.read::<Acknowledgement>() {
                    self.outgoing.acknowledge(receipt.sequence, Instant::now());
                }
            }
            MessageType::InputStreamData | MessageType::OutputStreamData => return self.hand_on(message).await,
            MessageType::ChannelClosed => return Ok(Some(message.read().unwrap_or_default())),
            MessageType::PausePublication => self.paused = true,
            MessageType::StartPublication => {
                self.paused = false;
                for bytes in self.outgoing.unacknowledged(Instant::now()) {
                    self.socket.send(Frame::binary(bytes)).await.map_err(Some)?;
                }
            }
            other => debug!(kind = other.name(), "a data channel has no use for a message"),
        }
        Ok(None)
    }

    async fn hand_on(&mut self, message: AgentMessage) -> Worked {
        let receipt = receipt(&message);
        let (ready, acknowledge) = self.incoming.take(message);
        if acknowledge {
            self.socket.send(Frame::binary(receipt)).await.map_err(Some)?;
        }
        for message in ready {
            let event = Event::Data(PayloadType::from_number(message.payload_type), message.payload);
            if self.sender.send(event).await.is_err() {
                return Err(None);
            }
        }
        Ok(None)
    }
}

/// The end of the session, if it has come; an error if the connection has ended.
type Worked = Result<Option<ChannelClosed>, Option<WebSocketError>>;

#[cfg(test)]
mod tests {
    use tokio::io::duplex;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    const BOUND: Duration = Duration::from_secs(30);

    async fn socket(stream: tokio::io::DuplexStream, role: Role) -> WebSocketStream<Box<dyn Carrier>> {
        WebSocketStream::from_raw_socket(Box::new(stream) as Box<dyn Carrier>, role, None).await
    }

    /// An agent and a client whose messages pass `way`, which may lose some of them.
    async fn ends(lose: fn(usize) -> bool) -> (DataChannel, DataChannel) {
        let pipe = || duplex(1 << 20);
        let ((client, client_far), (agent, agent_far)) = (pipe(), pipe());
        let (client_far, agent_far) = (socket(client_far, Role::Server).await, socket(agent_far, Role::Server).await);
        let ((mut to_client, from_client), (mut to_agent, from_agent)) = (client_far.split(), agent_far.split());
        tokio::spawn(async move { carry(from_client, &mut to_agent, lose).await });
        tokio::spawn(async move { carry(from_agent, &mut to_client, lose).await });
        let token = OpenChannel::default();
        let client = DataChannel::open(socket(client, Role::Client).await, &token, Direction::Input).await.unwrap();
        let agent = DataChannel::open(socket(agent, Role::Client).await, &token, Direction::Output).await.unwrap();
        (client, agent)
    }

    async fn carry(
        mut from: futures_util::stream::SplitStream<WebSocketStream<Box<dyn Carrier>>>,
        to: &mut futures_util::stream::SplitSink<WebSocketStream<Box<dyn Carrier>>, Frame>,
        lose: fn(usize) -> bool,
    ) {
        let mut count = 0;
        while let Some(Ok(frame)) = from.next().await {
            if frame.is_binary() {
                count += 1;
                if !lose(count) && to.send(frame).await.is_err() {
                    return;
                }
            }
        }
    }

    async fn read(channel: &mut DataChannel, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            match tokio::time::timeout(BOUND, channel.events.recv()).await.expect("an event") {
                Some(Event::Data(PayloadType::Output, piece)) => bytes.extend(piece),
                other => panic!("{other:?}"),
            }
        }
        bytes
    }

    #[tokio::test]
    async fn streams_arrive_whole_though_every_ninth_message_is_lost() {
        let (mut client, mut agent) = ends(|count| count % 9 == 0).await;
        let sent: Vec<u8> = (0..20_000_u32).map(|byte| byte.to_le_bytes()[0]).collect();
        client.send(PayloadType::Output, sent.clone()).await.unwrap();
        agent.send(PayloadType::Output, sent.clone()).await.unwrap();
        assert!(read(&mut agent, sent.len()).await == sent);
        assert!(read(&mut client, sent.len()).await == sent);
        tokio::join!(client.settle(BOUND), agent.settle(BOUND));
    }

    #[tokio::test]
    async fn an_end_that_nobody_reads_stops_the_other_and_loses_nothing() {
        let (client, mut agent) = ends(|_| false).await;
        let sent = vec![7; 2_000_000];
        let (outbound, copy) = (client.outbound.clone(), sent.clone());
        let sending = tokio::spawn(async move { outbound.send(Outbound::Data(PayloadType::Output, copy)).await });
        sending.await.unwrap().unwrap();
        assert!(read(&mut agent, sent.len()).await == sent);
    }

    #[tokio::test]
    async fn a_channel_that_is_closed_or_lost_says_which() {
        let (near, far) = duplex(1 << 16);
        let mut far = socket(far, Role::Server).await;
        let token = OpenChannel { token_value: "t".to_owned(), ..OpenChannel::default() };
        let mut client = DataChannel::open(socket(near, Role::Client).await, &token, Direction::Input).await.unwrap();
        let first = far.next().await.unwrap().unwrap().into_text().unwrap();
        assert_eq!(serde_json::from_str::<OpenChannel>(&first).unwrap().token_value, "t");
        let closed = ChannelClosed { output: "because".to_owned(), ..ChannelClosed::default() };
        far.send(Frame::binary(AgentMessage::document(MessageType::ChannelClosed, &closed).encode())).await.unwrap();
        let event = tokio::time::timeout(BOUND, client.events.recv()).await.unwrap();
        assert!(matches!(event, Some(Event::Closed(closed)) if closed.output == "because"));

        let (near, far) = duplex(1 << 16);
        let mut client = DataChannel::open(socket(near, Role::Client).await, &token, Direction::Input).await.unwrap();
        drop(far);
        let event = tokio::time::timeout(BOUND, client.events.recv()).await.unwrap();
        assert!(matches!(event, Some(Event::Lost)));
    }
}
