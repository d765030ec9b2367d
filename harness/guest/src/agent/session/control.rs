//! The control channel: it is opened once the agent has registered, and again whenever it was lost.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::process::Stdio;
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use nightproof_session_channel::{
    AcknowledgeTask, AgentJob, AgentJobAck, AgentMessage, AgentTask, ChannelClosed, Frame, MessageType, OpenChannel, SessionTask,
    Socket, TaskComplete, connect_signed,
};
use parking_lot::Mutex;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::worker::Outcome;
use crate::agent::api::{Api, Channel};
use crate::agent::api_error::ApiError;
use crate::agent::clock;
use crate::agent::commands::Commands;
use crate::agent::https;
use crate::agent::version::VERSION;
use crate::console;
use crate::re_exec::{SESSION_WORKER, re_exec};

/// The first pause after the channel was lost, and the longest, as the real agent's.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(40 * 60);
/// How long the agent leaves it after it was denied: the real one's schedule.
const DENIED: Duration = Duration::from_secs(15 * 60);
/// How long a connection may take: a network without a route says nothing.
const CONNECT: Duration = Duration::from_secs(30);
const PING: Duration = Duration::from_secs(54);
/// Without a word for so long the connection is gone.
const SILENCE: Duration = Duration::from_secs(120);
/// How long the process of a session that was terminated may take to end by itself.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Keeps the channel open from now on, in a thread of which there is one however often the agent begins anew.
pub(crate) fn keep(api: Api, commands: Commands) {
    static KEPT: Once = Once::new();
    KEPT.call_once(|| drop(thread::spawn(move || keep_open(&api, &commands))));
}

fn keep_open(api: &Api, commands: &Commands) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return console::print(&format!("ssm agent: no sessions: {error}")),
    };
    let (completed, mut completions) = unbounded_channel();
    let workers = Workers::default();
    let mut pause = PAUSE;
    loop {
        let begun = Instant::now();
        let lost = runtime.block_on(serve(api, commands, &workers, &completed, &mut completions));
        if begun.elapsed() > SILENCE {
            pause = PAUSE;
        }
        console::print(&format!("ssm agent: control channel: {lost}"));
        thread::sleep(if matches!(lost, Lost::Denied(_)) { DENIED } else { pause });
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The processes of sessions, by their ids.
type Workers = Arc<Mutex<HashMap<String, OwnedFd>>>;

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0}")]
    Denied(ApiError),
    #[error("{0}")]
    NoToken(ApiError),
    #[error("{0}")]
    NotOpened(String),
    #[error("it has ended")]
    Ended,
    #[error("nothing was heard of the service")]
    Silent,
    #[error("{0}")]
    Broken(String),
}

/// Opens the channel, and serves it until it ends.
async fn serve(
    api: &Api,
    commands: &Commands,
    workers: &Workers,
    completed: &UnboundedSender<TaskComplete>,
    completions: &mut UnboundedReceiver<TaskComplete>,
) -> Lost {
    let mut socket = match open(api).await {
        Ok(socket) => socket,
        Err(lost) => return lost,
    };
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        let answer = tokio::select! {
            frame = socket.next() => {
                heard = Instant::now();
                match frame {
                    Some(Ok(Frame::Binary(bytes))) => match AgentMessage::decode(&bytes) {
                        Ok(message) => take(&message, api, commands, workers, completed),
                        Err(error) => {
                            console::print(&format!("ssm agent: {error}"));
                            None
                        }
                    },
                    Some(Ok(Frame::Close(_))) | None => return Lost::Ended,
                    Some(Ok(_)) => None,
                    Some(Err(error)) => return Lost::Broken(error.to_string()),
                }
            }
            complete = completions.recv() => {
                complete.map(|complete| AgentMessage::document(MessageType::AgentTaskComplete, &complete))
            }
            _ = pings.tick() => {
                if heard.elapsed() > SILENCE {
                    return Lost::Silent;
                }
                if let Err(error) = socket.send(Frame::Ping("keepalive".into())).await {
                    return Lost::Broken(error.to_string());
                }
                None
            }
        };
        if let Some(answer) = answer
            && let Err(error) = socket.send(Frame::binary(answer.encode())).await
        {
            return Lost::Broken(error.to_string());
        }
    }
}

async fn open(api: &Api) -> Result<Socket, Lost> {
    let channel = Channel::Control;
    let token = api.channel_token(&channel).map_err(|error| match &error {
        ApiError::Refused { code, .. } if code.starts_with("AccessDenied") => Lost::Denied(error),
        _ => Lost::NoToken(error),
    })?;
    let (url, headers) = api.channel_request(&channel).map_err(Lost::NoToken)?;
    let authority = https::authority().map_err(Lost::NoToken)?;
    let connected = timeout(CONNECT, connect_signed(&url, Some(&authority), &headers)).await;
    let connected = connected.map_err(|_| Lost::NotOpened("the connection timed out".to_owned()))?;
    let mut socket = connected.map_err(|error| Lost::NotOpened(error.to_string()))?;
    let word = OpenChannel {
        message_schema_version: "1.0".to_owned(),
        request_id: uuid::Uuid::new_v4().to_string(),
        token_value: token,
        agent_version: Some(VERSION.to_owned()),
        platform_type: Some("linux".to_owned()),
        ..OpenChannel::default()
    };
    let word = serde_json::to_string(&word).unwrap_or_default();
    socket.send(Frame::text(word)).await.map_err(|error| Lost::Broken(error.to_string()))?;
    Ok(socket)
}

/// Does what a message asks for; returns what is answered.
fn take(
    message: &AgentMessage,
    api: &Api,
    commands: &Commands,
    workers: &Workers,
    completed: &UnboundedSender<TaskComplete>,
) -> Option<AgentMessage> {
    match message.kind {
        MessageType::InteractiveShell => {
            let task: AgentTask = message.read().ok()?;
            let receipt = AcknowledgeTask {
                schema_version: 1,
                message_id: message.id.to_string(),
                task_id: task.task_id.clone(),
                topic: task.topic.clone(),
            };
            start(task, api.instance.clone(), workers, completed.clone());
            Some(AgentMessage::document(MessageType::AgentTaskAcknowledge, &receipt))
        }
        MessageType::ChannelClosed => {
            let closed: ChannelClosed = message.read().ok()?;
            let workers = Arc::clone(workers);
            thread::spawn(move || {
                thread::sleep(LAST_WORDS);
                if let Some(process) = workers.lock().get(&closed.session_id) {
                    let _ = pidfd_send_signal(process, Signal::TERM);
                }
            });
            None
        }
        MessageType::AgentJob => {
            let job: AgentJob = message.read().ok()?;
            let receipt = AgentJobAck {
                job_id: job.job_id.clone(),
                message_id: message.id.to_string(),
                created_date: clock::now().to_string(),
                status_code: "200".to_owned(),
                error_message: String::new(),
            };
            commands.take(&json!({"MessageId": job.job_id, "Topic": job.topic, "Payload": job.content}));
            Some(AgentMessage::document(MessageType::AgentJobAck, &receipt))
        }
        _ => None,
    }
}

/// Has a process of its own run the session, and reports what comes of it.
fn start(task: AgentTask, instance: String, workers: &Workers, completed: UnboundedSender<TaskComplete>) {
    let workers = Arc::clone(workers);
    thread::spawn(move || {
        let outcome = match serde_json::from_str::<SessionTask>(&task.content) {
            Ok(session) => run(&session, &workers).unwrap_or_else(|error| Outcome::failed(error.to_string())),
            Err(error) => Outcome::failed(format!("encountered error while parsing input - internal error {error}")),
        };
        workers.lock().remove(&task.task_id);
        let complete = TaskComplete {
            schema_version: 1,
            task_id: task.task_id,
            topic: task.topic,
            final_task_status: outcome.status,
            instance_id: instance,
            output: outcome.output,
            ..TaskComplete::default()
        };
        let _ = completed.send(complete);
    });
}

fn run(session: &SessionTask, workers: &Workers) -> io::Result<Outcome> {
    let mut process = re_exec(SESSION_WORKER)?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
    workers.lock().insert(session.session_id.clone(), pidfd_open(id, PidfdFlags::empty())?);
    if let Some(mut input) = process.stdin.take() {
        input.write_all(&serde_json::to_vec(session)?)?;
    }
    let mut said = String::new();
    if let Some(mut output) = process.stdout.take() {
        output.read_to_string(&mut said)?;
    }
    let status = process.wait()?;
    Ok(serde_json::from_str(&said).unwrap_or_else(|_| Outcome::failed(format!("the session's process ended: {status}"))))
}
