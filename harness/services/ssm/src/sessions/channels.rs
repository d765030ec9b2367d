//! The open channels, and the tokens that open them.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use nightproof_core::credentials::random_string;
use nightproof_session_channel::{AgentMessage, MessageType};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long an agent may take to answer a ping: one that is reached does so at once.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);
/// How long a token opens a channel.
const TOKEN_LIFETIME: Duration = Duration::from_secs(300);

/// What a token opens, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Control { account: String, instance: String },
    Agent { account: String, session: String },
    Client { account: String, session: String },
}

/// The ends of a data channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Agent,
    Client,
}

impl End {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Agent => Self::Client,
            Self::Client => Self::Agent,
        }
    }
}

/// What a control channel is to do.
#[derive(Debug)]
pub(crate) enum Order {
    Message(Box<AgentMessage>),
    /// Tell whether the agent is reached.
    Probe(oneshot::Sender<()>),
}

/// What passes to one end of a data channel.
#[derive(Debug)]
pub(crate) enum Passing {
    Message(Bytes),
    /// The channel closes after it.
    Last(Bytes),
}

type Attached = (u64, UnboundedSender<Passing>);

/// The two ends of a session.
#[derive(Debug)]
struct Hub {
    agent: Option<Attached>,
    client: Option<Attached>,
    /// Whether the agent was told of it.
    told: bool,
    active: Instant,
}

impl Hub {
    fn end(&mut self, end: End) -> &mut Option<Attached> {
        match end {
            End::Agent => &mut self.agent,
            End::Client => &mut self.client,
        }
    }

    fn pass(&mut self, end: End, passing: Passing) {
        if let Some((_, sender)) = self.end(end) {
            // One that has gone is detached by its own task.
            let _ = sender.send(passing);
        }
    }
}

/// The channels of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Channels(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    tokens: HashMap<String, (Token, Instant)>,
    controls: HashMap<String, (u64, UnboundedSender<Order>)>,
    hubs: HashMap<String, Hub>,
    next: u64,
}

impl Open {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Channels {
    /// A token that opens this once.
    pub(crate) fn issue(&self, token: Token) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let text = STANDARD.encode(random_string(LETTERS, 96));
        let mut open = self.0.lock();
        open.tokens.retain(|_, (_, issued)| issued.elapsed() < TOKEN_LIFETIME);
        open.tokens.insert(text.clone(), (token, Instant::now()));
        text
    }

    /// What a token opens, which it does not again.
    pub(crate) fn redeem(&self, text: &str) -> Option<Token> {
        let (token, issued) = self.0.lock().tokens.remove(text)?;
        (issued.elapsed() < TOKEN_LIFETIME).then_some(token)
    }

    /// A control channel, which takes the place of an earlier one.
    pub(crate) fn open_control(&self, instance: &str) -> (u64, UnboundedReceiver<Order>) {
        let (sender, orders) = unbounded_channel();
        let mut open = self.0.lock();
        let number = open.number();
        open.controls.insert(instance.to_owned(), (number, sender));
        (number, orders)
    }

    pub(crate) fn close_control(&self, instance: &str, number: u64) {
        let mut open = self.0.lock();
        if open.controls.get(instance).is_some_and(|(newest, _)| *newest == number) {
            open.controls.remove(instance);
        }
    }

    /// Sends the agent a message; false without a control channel.
    pub(crate) fn tell(&self, instance: &str, message: AgentMessage) -> bool {
        let open = self.0.lock();
        open.controls.get(instance).is_some_and(|(_, sender)| sender.send(Order::Message(Box::new(message))).is_ok())
    }

    /// Whether the agent of an instance is reached by its control channel at this moment.
    pub(crate) async fn reaches(&self, instance: &str) -> bool {
        let (sender, answer) = oneshot::channel();
        let sent = {
            let open = self.0.lock();
            open.controls.get(instance).is_some_and(|(_, orders)| orders.send(Order::Probe(sender)).is_ok())
        };
        sent && matches!(tokio::time::timeout(SIGN_OF_LIFE, answer).await, Ok(Ok(())))
    }

    /// Makes room for the two ends of a session.
    pub(crate) fn add(&self, session: &str) {
        let hub = Hub { agent: None, client: None, told: false, active: Instant::now() };
        self.0.lock().hubs.insert(session.to_owned(), hub);
    }

    /// One end of a session, which takes the place of an earlier one; `None` if the session has ended. The agent learns that there is
    /// somebody again.
    pub(crate) fn attach(&self, session: &str, end: End) -> Option<(u64, UnboundedReceiver<Passing>)> {
        let (sender, passing) = unbounded_channel();
        let mut open = self.0.lock();
        let number = open.number();
        let hub = open.hubs.get_mut(session)?;
        *hub.end(end) = Some((number, sender));
        hub.active = Instant::now();
        if end == End::Client {
            hub.pass(End::Agent, Passing::Message(publication(MessageType::StartPublication, session)));
        }
        Some((number, passing))
    }

    /// Returns whether this was the newest of this end, and the session goes on. The agent learns that nobody listens.
    pub(crate) fn detach(&self, session: &str, end: End, number: u64) -> bool {
        let mut open = self.0.lock();
        let Some(hub) = open.hubs.get_mut(session) else { return false };
        if hub.end(end).as_ref().is_none_or(|(newest, _)| *newest != number) {
            return false;
        }
        *hub.end(end) = None;
        if end == End::Client {
            hub.pass(End::Agent, Passing::Message(publication(MessageType::PausePublication, session)));
        }
        true
    }

    pub(crate) fn pass(&self, session: &str, end: End, bytes: Bytes) {
        if let Some(hub) = self.0.lock().hubs.get_mut(session) {
            hub.pass(end, Passing::Message(bytes));
        }
    }

    /// Whether the agent is still to be told of the session; from now on it is not.
    pub(crate) fn is_to_be_told(&self, session: &str) -> bool {
        let mut open = self.0.lock();
        open.hubs.get_mut(session).is_some_and(|hub| !std::mem::replace(&mut hub.told, true))
    }

    pub(crate) fn has_agent(&self, session: &str) -> bool {
        self.0.lock().hubs.get(session).is_some_and(|hub| hub.agent.is_some())
    }

    pub(crate) fn note_activity(&self, session: &str) {
        if let Some(hub) = self.0.lock().hubs.get_mut(session) {
            hub.active = Instant::now();
        }
    }

    /// When something was last typed or printed; `None` once it has ended.
    pub(crate) fn last_activity(&self, session: &str) -> Option<Instant> {
        self.0.lock().hubs.get(session).map(|hub| hub.active)
    }

    /// Ends both ends with a last message. Returns whether there was such a session.
    pub(crate) fn end(&self, session: &str, closed: &AgentMessage) -> bool {
        let Some(mut hub) = self.0.lock().hubs.remove(session) else { return false };
        let bytes = Bytes::from(closed.encode());
        for end in [End::Client, End::Agent] {
            hub.pass(end, Passing::Last(bytes.clone()));
        }
        true
    }
}

fn publication(kind: MessageType, session: &str) -> Bytes {
    AgentMessage::document(kind, &json!({"SessionId": session, "SchemaVersion": 1})).encode().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(passing: Option<Passing>) -> MessageType {
        let Some(Passing::Message(bytes) | Passing::Last(bytes)) = passing else { panic!("nothing has passed") };
        AgentMessage::decode(&bytes).unwrap().kind
    }

    #[test]
    fn a_token_opens_once_and_not_for_ever() {
        let channels = Channels::default();
        let token = Token::Client { account: "1".to_owned(), session: "s".to_owned() };
        let text = channels.issue(token.clone());
        assert!(text.len() <= 300, "a TokenValue has at most 300 characters");
        assert_eq!(channels.redeem("another"), None);
        assert_eq!(channels.redeem(&text), Some(token.clone()));
        assert_eq!(channels.redeem(&text), None);
        let long_ago = Instant::now().checked_sub(TOKEN_LIFETIME).unwrap();
        channels.0.lock().tokens.insert("old".to_owned(), (token, long_ago));
        assert_eq!(channels.redeem("old"), None);
    }

    #[tokio::test]
    async fn an_agent_is_paused_while_no_client_listens() {
        let channels = Channels::default();
        assert!(channels.attach("s", End::Agent).is_none(), "there is no such session");
        channels.add("s");
        assert!(channels.is_to_be_told("s") && !channels.is_to_be_told("s"));
        let (_, mut agent) = channels.attach("s", End::Agent).unwrap();
        let (first, _old) = channels.attach("s", End::Client).unwrap();
        assert_eq!(kind(agent.recv().await), MessageType::StartPublication);
        let (second, mut client) = channels.attach("s", End::Client).unwrap();
        assert_eq!(kind(agent.recv().await), MessageType::StartPublication);
        assert!(!channels.detach("s", End::Client, first), "a newer one is there");
        assert!(channels.detach("s", End::Client, second));
        assert_eq!(kind(agent.recv().await), MessageType::PausePublication);
        assert!(client.recv().await.is_none());
        let closed = AgentMessage::document(MessageType::ChannelClosed, &json!({}));
        assert!(channels.end("s", &closed) && !channels.end("s", &closed));
        assert_eq!(kind(agent.recv().await), MessageType::ChannelClosed);
        assert!(agent.recv().await.is_none());
    }

    #[tokio::test]
    async fn an_agent_is_reached_if_it_answers() {
        let channels = Channels::default();
        assert!(!channels.reaches("i-1").await, "there is no channel");
        let (old, _gone) = channels.open_control("i-1");
        let (number, mut orders) = channels.open_control("i-1");
        channels.close_control("i-1", old);
        let answering = async {
            let Some(Order::Probe(waiting)) = orders.recv().await else { panic!("no probe") };
            waiting.send(()).unwrap();
        };
        assert!(tokio::join!(channels.reaches("i-1"), answering).0);
        assert!(!channels.reaches("i-1").await, "it does not answer");
        channels.close_control("i-1", number);
        assert!(!channels.tell("i-1", AgentMessage::document(MessageType::AgentJob, &json!({}))));
    }
}
