//! The control channel of an agent: it is told of sessions and, once it polls `ec2messages` no more, of commands.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use nightproof_core::Region;
use nightproof_session_channel::{
    AcknowledgeTask, AgentJob, AgentJobAck, AgentJobReply, AgentJobReplyAck, AgentMessage, Frame, MessageType, Socket,
    TaskComplete,
};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::debug;

use super::socket::first_word;
use crate::agent_reply::parts_of;
use crate::records::Ssm;
use crate::sessions::channels::{Order, Token};

/// An agent pings every 54 seconds; one that is silent for longer than two of them is gone.
const SILENCE: Duration = Duration::from_secs(120);
/// How often it is looked whether mail has become visible again.
const GLANCE: Duration = Duration::from_secs(5);
/// Codes by which an agent says that it has no room for a job, or is about to end: it is told of it again.
const NOT_TAKEN: [&str; 4] = ["51401", "51402", "51407", "51499"];
/// How long a job stays invisible to others once the agent was told of it.
const VISIBILITY: Duration = Duration::from_secs(10);

/// Serves the channel until its agent or a newer channel of the same instance ends it.
pub(crate) async fn serve(ssm: &Arc<Ssm>, region: &Region, instance: &str, mut socket: Socket) {
    let token = first_word(&mut socket).await.and_then(|word| ssm.channels.redeem(&word.token_value));
    let Some(Token::Control { account, instance: holder }) = token else {
        debug!(instance, "a control channel was opened without its token");
        return;
    };
    if holder != instance {
        return;
    }
    let (id, orders) = ssm.channels.open_control(instance);
    let mut channel = ControlChannel { ssm, region, account: &account, instance, socket, probes: Vec::new() };
    if let Err(error) = channel.run(orders).await {
        debug!(%error, instance, "a control channel has ended");
    }
    ssm.channels.close_control(instance, id);
}

struct ControlChannel<'a> {
    ssm: &'a Arc<Ssm>,
    region: &'a Region,
    account: &'a str,
    instance: &'a str,
    socket: Socket,
    /// Those who wait for a sign of life.
    probes: Vec<oneshot::Sender<()>>,
}

/// Why a channel ends.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the agent has ended it")]
    Agent,
    #[error("a newer one has taken its place")]
    Newer,
    #[error("nothing was heard of the agent")]
    Silence,
    #[error(transparent)]
    Connection(#[from] Box<dyn std::error::Error + Send + Sync>),
}

impl ControlChannel<'_> {
    async fn run(&mut self, mut orders: tokio::sync::mpsc::UnboundedReceiver<Order>) -> Result<(), Ended> {
        let mut heard = Instant::now();
        self.ssm.contact(self.account, self.instance, self.region.clock().now());
        loop {
            // Listening starts before looking, so that mail put in between is not slept over.
            let rung = self.ssm.mail.notified();
            self.deliver().await?;
            tokio::select! {
                frame = self.socket.next() => {
                    heard = Instant::now();
                    let frame = frame.ok_or(Ended::Agent)?.map_err(|error| Ended::Connection(error.into()))?;
                    self.ssm.contact(self.account, self.instance, self.region.clock().now());
                    self.take(frame).await?;
                }
                order = orders.recv() => match order {
                    Some(Order::Message(message)) => self.send(&message).await?,
                    Some(Order::Probe(waiting)) => {
                        self.probes.push(waiting);
                        self.write(Frame::Ping("probe".into())).await?;
                    }
                    None => return Err(Ended::Newer),
                },
                () = rung => {}
                () = tokio::time::sleep(GLANCE) => {
                    if heard.elapsed() > SILENCE {
                        return Err(Ended::Silence);
                    }
                }
            }
        }
    }

    async fn write(&mut self, frame: Frame) -> Result<(), Ended> {
        self.socket.send(frame).await.map_err(|error| Ended::Connection(error.into()))
    }

    async fn send(&mut self, message: &AgentMessage) -> Result<(), Ended> {
        self.write(Frame::binary(message.encode())).await
    }

    async fn take(&mut self, frame: Frame) -> Result<(), Ended> {
        let bytes = match frame {
            Frame::Binary(bytes) => bytes,
            Frame::Pong(_) => {
                for waiting in self.probes.drain(..) {
                    let _ = waiting.send(());
                }
                return Ok(());
            }
            Frame::Close(_) => return Err(Ended::Agent),
            // Pings are answered by the library.
            _ => return Ok(()),
        };
        let message = match AgentMessage::decode(&bytes) {
            Ok(message) => message,
            Err(error) => {
                debug!(%error, instance = self.instance, "a message of an agent was left out");
                return Ok(());
            }
        };
        match message.kind {
            MessageType::AgentJobAck => self.acknowledged(&message).await,
            MessageType::AgentJobReply => self.replied(&message).await,
            MessageType::AgentTaskComplete => self.completed(&message).await,
            // The receipt of a session, which opens its data channel next.
            MessageType::AgentTaskAcknowledge => Ok(()),
            other => {
                debug!(kind = other.name(), instance = self.instance, "a control channel has no use for a message");
                Ok(())
            }
        }
    }

    /// Tells the agent what waits for it, unless it asks `ec2messages`.
    async fn deliver(&mut self) -> Result<(), Ended> {
        let mail = self.ssm.with(self.account, |records| {
            let polls = records.nodes.get(self.instance).is_none_or(|node| node.polls(Instant::now()));
            let mailbox = records.mail.get_mut(self.instance).filter(|_| !polls);
            mailbox.map(|mailbox| mailbox.take(Instant::now(), VISIBILITY)).unwrap_or_default()
        });
        for message in mail {
            let job =
                AgentJob { schema_version: 1, job_id: message.id, topic: message.topic.to_owned(), content: message.payload };
            self.send(&AgentMessage::document(MessageType::AgentJob, &job)).await?;
        }
        Ok(())
    }

    /// Whether a job is one of this instance.
    fn is_its_own(&self, job: &str) -> bool {
        parts_of(job).is_some_and(|(_, instance)| instance == self.instance)
    }

    async fn acknowledged(&mut self, message: &AgentMessage) -> Result<(), Ended> {
        let Ok(receipt) = message.read::<AgentJobAck>() else { return Ok(()) };
        let is_taken = !NOT_TAKEN.contains(&receipt.status_code.as_str());
        if is_taken && self.is_its_own(&receipt.job_id) {
            self.ssm.acknowledge(self.account, &receipt.job_id);
            self.ssm.announce(self.region, self.account).await;
        }
        Ok(())
    }

    async fn replied(&mut self, message: &AgentMessage) -> Result<(), Ended> {
        let Ok(reply) = message.read::<AgentJobReply>() else { return Ok(()) };
        if self.is_its_own(&reply.job_id) {
            self.ssm.reply(self.account, &reply.job_id, &reply.content, self.region.clock().now());
            self.ssm.announce(self.region, self.account).await;
        }
        let receipt = AgentJobReplyAck { job_id: reply.job_id, acknowledged_message_id: message.id.to_string() };
        self.send(&AgentMessage::document(MessageType::AgentJobReplyAck, &receipt)).await
    }

    async fn completed(&mut self, message: &AgentMessage) -> Result<(), Ended> {
        let Ok(complete) = message.read::<TaskComplete>() else { return Ok(()) };
        self.ssm.complete_session(self.region, self.account, self.instance, &complete);
        let receipt = AcknowledgeTask {
            schema_version: 1,
            message_id: message.id.to_string(),
            task_id: complete.task_id,
            topic: complete.topic,
        };
        self.send(&AgentMessage::document(MessageType::AgentTaskAcknowledge, &receipt)).await
    }
}
