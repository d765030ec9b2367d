//! The process that runs one session, which the real agent has an `ssm-session-worker` for. It outlives the agent.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nightproof_session_channel::{
    DataChannel, Direction, Event, HandshakeComplete, HandshakeRequest, HandshakeResponse, OpenChannel, Outbound, PayloadType,
    SessionState, SessionTask, connect_signed,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::end::End;
use super::properties::Properties;
use super::{command, port, terminal};
use crate::agent::api::{Api, Channel};
use crate::agent::https;
use crate::agent::version::VERSION;
use crate::{console, limits};

/// How long the client may take to answer the handshake: the real agent's.
const HANDSHAKE: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(30);
/// How long what is still on its way may take at the end.
const SETTLE: Duration = Duration::from_secs(2);
/// How long the service may take to end the channel.
const CLOSE: Duration = Duration::from_secs(5);

/// What came of a session.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) status: String,
    pub(super) output: String,
}

impl Outcome {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self { status: "Failed".to_owned(), output: reason.into() }
    }

    fn succeeded() -> Self {
        Self { status: "Success".to_owned(), output: String::new() }
    }
}

/// Runs the session that standard input describes.
pub(crate) fn main() -> ExitCode {
    limits::lower_own();
    let outcome = session().unwrap_or_else(Outcome::failed);
    if outcome.status == "Failed" {
        console::print(&format!("ssm session worker: {}", outcome.output));
    }
    let said = serde_json::to_string(&outcome).unwrap_or_default();
    // An agent that was stopped does not listen.
    let _ = io::stdout().write_all(said.as_bytes());
    ExitCode::SUCCESS
}

fn session() -> Result<Outcome, String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
    let task: SessionTask = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let properties = Properties::read(&task.document_content, &task.parameters)?;
    let machine = crate::task::read()?;
    let api = Api::connect(&machine).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(run(&api, &task, &properties));
    // Threads that read from what was run may do so for ever.
    runtime.shutdown_background();
    outcome
}

async fn run(api: &Api, task: &SessionTask, properties: &Properties) -> Result<Outcome, String> {
    let mut channel = open(api, &task.session_id).await?;
    tell(&channel, &task.session_id, "Connected").await;
    let client_version = if properties.needs_handshake() { Some(shake_hands(&mut channel, properties).await?) } else { None };
    let end = match properties {
        Properties::Shell(shell) => terminal::run(&mut channel, shell).await?,
        Properties::Command(wanted) => command::run(&mut channel, wanted).await?,
        Properties::Port(wanted) => port::run(&mut channel, wanted, &client_version.unwrap_or_default()).await?,
    };
    if end == End::Done {
        channel.settle(SETTLE).await;
        tell(&channel, &task.session_id, "Terminating").await;
        let closed = async { while let Some(Event::Data(..)) = channel.events.recv().await {} };
        let _ = timeout(CLOSE, closed).await;
    }
    Ok(Outcome::succeeded())
}

async fn open(api: &Api, session: &str) -> Result<DataChannel, String> {
    let client = uuid::Uuid::new_v4().to_string();
    let named = Channel::Data { session, client: &client };
    let failed = |reason: String| format!("Setting up data channel with id {session} failed: {reason}");
    let token = api.channel_token(&named).map_err(|error| failed(error.to_string()))?;
    let (url, headers) = api.channel_request(&named).map_err(|error| failed(error.to_string()))?;
    let authority = https::authority().map_err(|error| failed(error.to_string()))?;
    let connected = timeout(CONNECT, connect_signed(&url, Some(&authority), &headers)).await;
    let connected = connected.map_err(|_| failed("the connection timed out".to_owned()))?;
    let socket = connected.map_err(|error| failed(error.to_string()))?;
    let word = OpenChannel {
        message_schema_version: "1.0".to_owned(),
        request_id: uuid::Uuid::new_v4().to_string(),
        token_value: token,
        client_id: Some(client),
        client_instance_id: Some(api.instance.clone()),
        ..OpenChannel::default()
    };
    DataChannel::open(socket, &word, Direction::Output).await.map_err(|error| failed(error.to_string()))
}

async fn tell(channel: &DataChannel, session: &str, state: &str) {
    let state = SessionState { schema_version: 1, session_state: state.to_owned(), session_id: session.to_owned() };
    // One that has ended needs no more of it.
    let _ = channel.outbound.send(Outbound::State(state)).await;
}

/// Tells the client what kind of session it is; returns the client's version.
async fn shake_hands(channel: &mut DataChannel, properties: &Properties) -> Result<String, String> {
    let begun = Instant::now();
    let parameters = json!({"SessionType": properties.session_type(), "Properties": properties.document()});
    let request = HandshakeRequest {
        agent_version: VERSION.to_owned(),
        requested_client_actions: vec![json!({"ActionType": "SessionType", "ActionParameters": parameters})],
    };
    send(channel, PayloadType::HandshakeRequest, &request).await?;
    let response = timeout(HANDSHAKE, async {
        loop {
            match channel.events.recv().await {
                Some(Event::Data(PayloadType::HandshakeResponse, bytes)) => {
                    break serde_json::from_slice::<HandshakeResponse>(&bytes).map_err(|error| error.to_string());
                }
                // The size of a terminal may come first.
                Some(Event::Data(..)) => {}
                Some(Event::Closed(_) | Event::Lost) | None => break Err("the channel of the session has ended".to_owned()),
            }
        }
    });
    let late = "Handshake timed out. Please ensure that you have the latest version of the session manager plugin.";
    let response = response.await.map_err(|_| late.to_owned())??;
    let refused = |action: &&Value| action.get("ActionStatus").and_then(Value::as_u64) != Some(1);
    if let Some(action) = response.processed_client_actions.iter().find(refused) {
        let error = action.get("Error").and_then(Value::as_str).unwrap_or_default();
        return Err(format!("Encountered error while initiating handshake. {error}"));
    }
    let took = u64::try_from(begun.elapsed().as_nanos()).unwrap_or_default();
    let complete = HandshakeComplete { handshake_time_to_complete: took, customer_message: String::new() };
    send(channel, PayloadType::HandshakeComplete, &complete).await?;
    Ok(response.client_version)
}

async fn send(channel: &DataChannel, kind: PayloadType, document: &impl Serialize) -> Result<(), String> {
    let bytes = serde_json::to_vec(document).map_err(|error| error.to_string())?;
    channel.send(kind, bytes).await.map_err(|error| error.to_string())
}
