//! Sessions: their calls, their channels as an agent and a client have them, and their ends.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Principal};
use nightproof_session_channel::{
    AgentJob, AgentJobAck, AgentJobReply, AgentMessage, AgentTask, Carrier, ChannelClosed, DataChannel, Direction, Event, Frame,
    MessageType, OpenChannel, Outbound, PayloadType, Role, SessionState, SessionTask, Socket, TaskComplete, WebSocketStream,
};
use serde_json::{Value, json};
use tokio::io::{DuplexStream, duplex};

use super::{ACCOUNT, BOUND, Fixture};
use crate::sessions::document::Limits;
use crate::sessions::session::{Session, Status};
use crate::ssmmessages::{control_channel, data_channel};

const WEB: &str = "i-0123456789abcdef0";
const OTHER: &str = "i-0123456789abcdef1";

async fn socket(stream: DuplexStream, role: Role) -> Socket {
    WebSocketStream::from_raw_socket(Box::new(stream) as Box<dyn Carrier>, role, None).await
}

/// A web socket to the region, which serves it by `serve`.
async fn opened<F: Future<Output = ()> + Send + 'static>(serve: impl FnOnce(Socket) -> F) -> Socket {
    let (near, far) = duplex(1 << 20);
    tokio::spawn(serve(socket(far, Role::Server).await));
    socket(near, Role::Client).await
}

fn token(text: &str) -> OpenChannel {
    OpenChannel { token_value: text.to_owned(), ..OpenChannel::default() }
}

impl Fixture {
    /// The control channel of an agent, once the region has it.
    async fn control(&self, id: &str) -> Socket {
        let created = self.agent(id, "ssmmessages", "CreateControlChannel", json!({"ChannelId": id})).await.unwrap();
        let mut control = self.control_with(id, created["TokenValue"].as_str().unwrap()).await;
        // What it answers to a ping it has read all before.
        control.send(Frame::Ping("?".into())).await.unwrap();
        assert!(matches!(control.next().await, Some(Ok(Frame::Pong(_)))));
        control
    }

    async fn control_with(&self, id: &str, text: &str) -> Socket {
        let (ssm, region, id) = (Arc::clone(&self.service), self.region.clone(), id.to_owned());
        let mut control = opened(move |socket| async move { control_channel::serve(&ssm, &region, &id, socket).await }).await;
        control.send(Frame::text(serde_json::to_string(&token(text)).unwrap())).await.unwrap();
        control
    }

    async fn data(&self, session: &str, instance: Option<&str>, text: &str, direction: Direction) -> DataChannel {
        let (ssm, region, session) = (Arc::clone(&self.service), self.region.clone(), session.to_owned());
        let instance = instance.map(str::to_owned);
        let serve = move |socket| async move {
            data_channel::serve(&ssm, &region, &session, instance.as_deref(), socket).await;
        };
        DataChannel::open(opened(serve).await, &token(text), direction).await.unwrap()
    }

    async fn agents_end(&self, session: &str) -> DataChannel {
        let created = self.agent(WEB, "ssmmessages", "CreateDataChannel", json!({"ChannelId": session})).await.unwrap();
        self.data(session, Some(WEB), created["TokenValue"].as_str().unwrap(), Direction::Output).await
    }

    async fn sessions(&self, state: &str, filters: Value) -> Vec<Value> {
        let mut input = json!({"State": state});
        if filters != Value::Null {
            input["Filters"] = filters;
        }
        self.ssm("DescribeSessions", input).await.unwrap()["Sessions"].as_array().unwrap().clone()
    }

    /// Whether the session is over, at this moment.
    fn is_over(&self, session: &str) -> Option<bool> {
        self.service.with(ACCOUNT, |records| records.session(session).map(|session| session.status.is_over()))
    }

    /// Waits until the session has this status.
    async fn becomes(&self, session: &str, status: &str) -> Value {
        let found = nightproof_poll::until(BOUND, async || {
            let mut found = Vec::new();
            for state in ["Active", "History"] {
                found.extend(self.sessions(state, json!([{"key": "SessionId", "value": session}])).await);
            }
            if found.first().is_some_and(|found| found["Status"] == status) { Ok(found.remove(0)) } else { Err(found) }
        });
        found.await.unwrap_or_else(|found| panic!("{found:?} and not {status}"))
    }
}

/// Answers pings until a call is answered, as an agent's loop does.
async fn while_alive<T>(control: &mut Socket, call: impl Future<Output = T>) -> T {
    tokio::pin!(call);
    loop {
        tokio::select! {
            done = &mut call => return done,
            frame = control.next() => assert!(matches!(frame, Some(Ok(Frame::Ping(_)))), "{frame:?}"),
        }
    }
}

async fn message(control: &mut Socket) -> AgentMessage {
    loop {
        match tokio::time::timeout(BOUND, control.next()).await.expect("a message") {
            Some(Ok(Frame::Binary(bytes))) => return AgentMessage::decode(&bytes).unwrap(),
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn event(channel: &mut DataChannel) -> Event {
    tokio::time::timeout(BOUND, channel.events.recv()).await.expect("an event").expect("no end")
}

async fn output(channel: &mut DataChannel) -> String {
    match event(channel).await {
        Event::Data(PayloadType::Output, bytes) => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

/// A started session: what was answered, and the agent's control channel.
async fn started(f: &Fixture, more: Value) -> (Value, Socket) {
    f.node(WEB, &[]).await;
    let mut control = f.control(WEB).await;
    let mut input = json!({"Target": WEB});
    for (member, value) in more.as_object().unwrap() {
        input[member] = value.clone();
    }
    let answer = while_alive(&mut control, f.ssm("StartSession", input)).await.unwrap();
    (answer, control)
}

/// A session with both ends.
async fn connected(f: &Fixture) -> (String, Socket, DataChannel, DataChannel) {
    let (answer, mut control) = started(f, json!({})).await;
    let id = text(&answer, "SessionId").to_owned();
    let client = f.data(&id, None, text(&answer, "TokenValue"), Direction::Input).await;
    assert_eq!(message(&mut control).await.kind, MessageType::InteractiveShell);
    let agent = f.agents_end(&id).await;
    state(&agent, &id, "Connected").await;
    f.becomes(&id, "Connected").await;
    (id, control, client, agent)
}

async fn state(agent: &DataChannel, id: &str, state: &str) {
    let state = SessionState { schema_version: 1, session_state: state.to_owned(), session_id: id.to_owned() };
    agent.outbound.send(Outbound::State(state)).await.unwrap();
}

#[tokio::test]
async fn an_agent_is_told_of_a_session_once_its_client_is_there_and_both_hear_each_other() {
    let f = Fixture::new();
    let (answer, mut control) = started(&f, json!({"Reason": "why not"})).await;
    let id = text(&answer, "SessionId");
    assert!(id.starts_with("root-0"), "{id}");
    let url = format!("wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/{id}?role=publish_subscribe");
    assert_eq!(text(&answer, "StreamUrl"), url);
    f.becomes(id, "Connecting").await;
    let mut client = f.data(id, None, text(&answer, "TokenValue"), Direction::Input).await;
    client.send(PayloadType::Output, "early\r").await.unwrap();
    let told = message(&mut control).await;
    let task: AgentTask = told.read().unwrap();
    let session: SessionTask = serde_json::from_str(&task.content).unwrap();
    assert_eq!((told.kind, task.task_id.as_str(), session.session_id.as_str()), (MessageType::InteractiveShell, id, id));
    assert_eq!(
        (session.document_name.as_str(), &session.document_content["sessionType"]),
        ("SSM-SessionManagerRunShell", &json!("Standard_Stream"))
    );
    assert_eq!(session.session_owner, format!("arn:aws:iam::{ACCOUNT}:root"));
    let mut agent = f.agents_end(id).await;
    state(&agent, id, "Connected").await;
    assert_eq!(output(&mut agent).await, "early\r", "what came before the agent is sent again");
    agent.send(PayloadType::Output, "sh-5.2$ ").await.unwrap();
    assert_eq!(output(&mut client).await, "sh-5.2$ ");
    let described = f.becomes(id, "Connected").await;
    assert_eq!(
        (text(&described, "Target"), text(&described, "Reason"), text(&described, "AccessType")),
        (WEB, "why not", "Standard")
    );
    state(&agent, id, "Terminating").await;
    for end in [&mut client, &mut agent] {
        assert!(matches!(event(end).await, Event::Closed(closed) if closed.session_id == id && closed.output.is_empty()));
    }
    let told = message(&mut control).await;
    assert_eq!((told.kind, told.read::<ChannelClosed>().unwrap().session_id.as_str()), (MessageType::ChannelClosed, id));
    assert!(f.becomes(id, "Terminated").await["EndDate"].is_string());
    let error = f.agent(WEB, "ssmmessages", "CreateDataChannel", json!({"ChannelId": id})).await.unwrap_err();
    assert_eq!(error.message, "Session is already terminated");
}

#[tokio::test]
async fn a_session_is_terminated_by_whoever_may_and_once_is_enough() {
    let f = Fixture::new();
    let (id, _control, mut client, mut agent) = connected(&f).await;
    for _ in 0..2 {
        assert_eq!(f.ssm("TerminateSession", json!({"SessionId": id})).await.unwrap(), json!({"SessionId": id}));
    }
    for end in [&mut client, &mut agent] {
        assert!(matches!(event(end).await, Event::Closed(_)));
    }
    assert!(f.sessions("Active", Value::Null).await.is_empty());
    assert_eq!(f.sessions("History", Value::Null).await.len(), 1);
    let unknown = json!({"SessionId": "nobody-0a"});
    assert_eq!(f.ssm("TerminateSession", unknown.clone()).await.unwrap(), unknown);
}

#[tokio::test]
async fn a_client_that_was_lost_comes_again_and_misses_nothing() {
    let f = Fixture::new();
    let (id, _control, client, agent) = connected(&f).await;
    drop(client);
    f.becomes(&id, "Disconnected").await;
    agent.send(PayloadType::Output, "meanwhile").await.unwrap();
    let answer = f.ssm("ResumeSession", json!({"SessionId": id})).await.unwrap();
    let mut client = f.data(&id, None, text(&answer, "TokenValue"), Direction::Input).await;
    assert_eq!(output(&mut client).await, "meanwhile");
    f.becomes(&id, "Connected").await;
    f.ssm("TerminateSession", json!({"SessionId": id})).await.unwrap();
    let error = f.ssm("ResumeSession", json!({"SessionId": id})).await.unwrap_err();
    assert_eq!(error.code, "DoesNotExistException");
}

#[tokio::test]
async fn what_an_agent_could_not_run_has_failed_and_its_client_is_told_why() {
    let f = Fixture::new();
    let (answer, mut control) = started(&f, json!({})).await;
    let id = text(&answer, "SessionId");
    let mut client = f.data(id, None, text(&answer, "TokenValue"), Direction::Input).await;
    assert_eq!(message(&mut control).await.kind, MessageType::InteractiveShell);
    let complete = TaskComplete {
        task_id: id.to_owned(),
        final_task_status: "Failed".to_owned(),
        output: "no shell".to_owned(),
        ..TaskComplete::default()
    };
    let sent = AgentMessage::document(MessageType::AgentTaskComplete, &complete);
    control.send(Frame::binary(sent.encode())).await.unwrap();
    assert!(matches!(event(&mut client).await, Event::Closed(closed) if closed.output == "no shell"));
    assert_eq!(text(&f.becomes(id, "Failed").await, "Details"), "no shell");
    let kinds = [message(&mut control).await.kind, message(&mut control).await.kind];
    assert!(kinds.contains(&MessageType::AgentTaskAcknowledge) && kinds.contains(&MessageType::ChannelClosed), "{kinds:?}");
}

#[tokio::test]
async fn a_node_without_a_channel_or_without_an_answer_is_not_connected() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let not_connected = |error: AwsError, id: &str| {
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("TargetNotConnected", format!("{id} is not connected.").as_str())
        );
    };
    not_connected(f.ssm("StartSession", json!({"Target": WEB})).await.unwrap_err(), WEB);
    not_connected(f.ssm("StartSession", json!({"Target": "i-00000000000000000"})).await.unwrap_err(), "i-00000000000000000");
    let answer = f.ssm("GetConnectionStatus", json!({"Target": WEB})).await.unwrap();
    assert_eq!(answer, json!({"Target": WEB, "Status": "notconnected"}));
    let mut control = f.control(WEB).await;
    let answer = while_alive(&mut control, f.ssm("GetConnectionStatus", json!({"Target": WEB}))).await.unwrap();
    assert_eq!(answer["Status"], "connected");
    // It does not read any more, as on a link that carries nothing.
    not_connected(f.ssm("StartSession", json!({"Target": WEB})).await.unwrap_err(), WEB);
    drop(control);
    not_connected(f.ssm("StartSession", json!({"Target": WEB})).await.unwrap_err(), WEB);
    assert!(f.sessions("Active", Value::Null).await.is_empty());
}

#[tokio::test]
async fn a_channel_is_its_own_agents_and_opens_by_its_token_alone() {
    let f = Fixture::new();
    f.node(OTHER, &[]).await;
    let (id, _control, _client, _agent) = connected(&f).await;
    for (operation, channel) in [("CreateControlChannel", WEB), ("OpenControlChannel", WEB)] {
        let error = f.agent(OTHER, "ssmmessages", operation, json!({"ChannelId": channel})).await.unwrap_err();
        assert_eq!(error.code, "AccessDeniedException", "{operation}");
    }
    let error = f.agent(OTHER, "ssmmessages", "CreateDataChannel", json!({"ChannelId": id})).await.unwrap_err();
    assert_eq!(error.code, "ResourceNotFoundException");
    let error = f.agent(WEB, "ssmmessages", "OpenControlChannel", json!({"ChannelId": WEB})).await.unwrap_err();
    assert_eq!(error.code, "ValidationException", "it is no request for a web socket");
    for wrong in ["", "another"] {
        let mut control = f.control_with(OTHER, wrong).await;
        assert!(!matches!(control.next().await, Some(Ok(Frame::Binary(_)))));
        let mut client = f.data(&id, None, wrong, Direction::Input).await;
        assert!(matches!(event(&mut client).await, Event::Lost));
    }
    let created = f.agent(WEB, "ssmmessages", "CreateDataChannel", json!({"ChannelId": id})).await.unwrap();
    let mut client = f.data(&id, None, text(&created, "TokenValue"), Direction::Input).await;
    assert!(matches!(event(&mut client).await, Event::Lost), "a client with the token of an agent");
}

#[tokio::test]
async fn an_agent_that_polls_no_more_is_told_of_commands_by_its_channel() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let mut control = f.control(WEB).await;
    let command = f.send(json!({"InstanceIds": [WEB]})).await;
    let told = message(&mut control).await;
    let job: AgentJob = told.read().unwrap();
    assert_eq!((told.kind, job.job_id.as_str()), (MessageType::AgentJob, format!("aws.ssm.{command}.{WEB}").as_str()));
    assert!(job.topic.starts_with("aws.ssm.sendCommand") && job.content.contains(&command));
    let receipt = AgentJobAck {
        job_id: job.job_id.clone(),
        message_id: told.id.to_string(),
        created_date: String::new(),
        status_code: "200".to_owned(),
        error_message: String::new(),
    };
    let receipt = AgentMessage::document(MessageType::AgentJobAck, &receipt);
    control.send(Frame::binary(receipt.encode())).await.unwrap();
    let content = json!({
        "documentStatus": "Success",
        "runtimeStatus": {"aws:runShellScript": {"status": "Success", "code": 0, "name": "aws:runShellScript", "standardOutput": "hello"}},
    });
    let reply = AgentJobReply { schema_version: 1, job_id: job.job_id, content: content.to_string(), topic: job.topic };
    let reply = AgentMessage::document(MessageType::AgentJobReply, &reply);
    control.send(Frame::binary(reply.encode())).await.unwrap();
    assert_eq!(message(&mut control).await.kind, MessageType::AgentJobReplyAck);
    let invocation = f.invocation(&command, WEB).await;
    assert_eq!((text(&invocation, "Status"), text(&invocation, "StandardOutputContent")), ("Success", "hello"));
    // One that polls gets its commands there.
    f.messages_now(WEB).await;
    let other = f.send(json!({"InstanceIds": [WEB]})).await;
    assert_eq!(f.messages(WEB).await.len(), 1, "{other}");
}

#[tokio::test]
async fn an_agent_whose_channel_is_ec2messages_is_told_of_no_command_by_another() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let about = json!({"InstanceId": WEB, "PlatformType": "Linux", "SSMConnectionChannel": "ec2messages"});
    f.agent(WEB, "ssm", "UpdateInstanceInformation", about).await.unwrap();
    let mut control = f.control(WEB).await;
    let command = f.send(json!({"InstanceIds": [WEB]})).await;
    // The channel is asked for a sign of life, and has nothing else to tell.
    while_alive(&mut control, f.ssm("StartSession", json!({"Target": WEB}))).await.unwrap();
    assert_eq!(text(&f.invocation(&command, WEB).await, "Status"), "Pending");
    assert_eq!(f.messages(WEB).await.len(), 1);
}

#[tokio::test]
async fn documents_decide_what_a_session_is() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let refused = async |input: Value| f.ssm("StartSession", input).await.unwrap_err();
    for (input, code, words) in [
        (json!({"DocumentName": "Nowhere"}), "InvalidDocument", "Document with name Nowhere does not exist."),
        (json!({"DocumentName": "SSM-SessionManagerRunShell"}), "InvalidDocument", "does not exist"),
        (json!({"DocumentName": "AWS-RunShellScript"}), "InvalidDocument", "Document type Command is not supported"),
        (json!({"DocumentName": "AWS-StartInteractiveCommand"}), "InvalidParameters", "Missing required parameters: [command]"),
        (
            json!({"DocumentName": "AWS-StartPortForwardingSession", "Parameters": {"portNumber": ["70000"]}}),
            "InvalidParameters",
            "portNumber does not match the allowed pattern",
        ),
        (json!({"Parameters": {"portNumber": ["80"]}}), "InvalidParameters", "[portNumber] are not defined"),
    ] {
        let mut full = json!({"Target": WEB});
        full.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let error = refused(full).await;
        assert!(error.code == code && error.message.contains(words), "{input}: {error}");
    }
    let content = json!({
        "schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {"s3BucketName": "logs"},
    });
    let input = json!({"Name": "SSM-SessionManagerRunShell", "DocumentType": "Session", "Content": content.to_string()});
    let made = f.ssm("CreateDocument", input).await.unwrap();
    assert_eq!(
        (text(&made["DocumentDescription"], "DocumentType"), text(&made["DocumentDescription"], "SchemaVersion")),
        ("Session", "1.0")
    );
    let error = refused(json!({"Target": WEB})).await;
    assert!(error.code == "NotImplemented" && error.message.contains("s3BucketName"), "{error}");
    let error = f.send_full(json!({"DocumentName": "SSM-SessionManagerRunShell", "InstanceIds": [WEB]})).await.unwrap_err();
    assert_eq!(error.code, "InvalidDocument", "a session's document is no command's");
    let input = json!({"Name": "Broken", "DocumentType": "Session", "Content": json!({"schemaVersion": "1.0"}).to_string()});
    assert_eq!(f.ssm("CreateDocument", input).await.unwrap_err().code, "InvalidDocumentContent");
    let filter = json!({"Filters": [{"Key": "DocumentType", "Values": ["Session"]}]});
    let listed = f.ssm("ListDocuments", filter).await.unwrap();
    assert_eq!(listed["DocumentIdentifiers"].as_array().unwrap().len(), 6, "five are Amazon's");
}

#[tokio::test]
async fn a_session_is_named_after_whoever_starts_it_and_found_by_its_facts() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let mut control = f.control(WEB).await;
    let user =
        Caller { principal: Principal::User { name: "ada".to_owned(), id: "AIDAEXAMPLE".to_owned() }, ..Caller::root(ACCOUNT) };
    let input = json!({"Target": WEB, "DocumentName": "AWS-StartPortForwardingSession", "Parameters": {"portNumber": ["8080"]}});
    let answer = while_alive(&mut control, f.region.call(&user, "ssm", "StartSession", input)).await.unwrap();
    let id = text(&answer, "SessionId");
    assert!(id.starts_with("ada-0") && id.len() == "ada-0".len() + 16, "{id}");
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/ada");
    for (key, value, found) in [
        ("Owner", arn.as_str(), 1),
        ("Target", OTHER, 0),
        ("Status", "Connecting", 1),
        ("InvokedAfter", "2000-01-01T00:00:00Z", 1),
        ("InvokedBefore", "2000-01-01T00:00:00Z", 0),
    ] {
        let sessions = f.sessions("Active", json!([{"key": key, "value": value}])).await;
        assert_eq!(sessions.len(), found, "{key}");
    }
    let error =
        f.ssm("DescribeSessions", json!({"State": "Active", "Filters": [{"key": "InvokedAfter", "value": "soon"}]})).await;
    assert_eq!(error.unwrap_err().code, "InvalidFilterKey");
}

#[tokio::test]
async fn a_session_at_which_nothing_happens_ends_by_itself() {
    let f = Fixture::new();
    let session = |id: &str| Session {
        id: id.to_owned(),
        target: WEB.to_owned(),
        status: Status::Connected,
        started: f.region.clock().now(),
        ended: None,
        document: "SSM-SessionManagerRunShell".to_owned(),
        content: json!({}),
        parameters: json!({}),
        owner: String::new(),
        reason: None,
        details: String::new(),
        longest: None,
    };
    let idle = Duration::from_millis(300);
    for id in ["busy", "idle"] {
        f.service.begin_session(&f.region, ACCOUNT, session(id), Limits { idle, longest: None });
    }
    let begun = tokio::time::Instant::now();
    while !matches!(f.is_over("idle"), Some(true)) {
        f.service.channels.note_activity("busy");
        assert!(begun.elapsed() < BOUND, "it does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(f.is_over("busy"), Some(false));
    f.becomes("busy", "Terminated").await;
}
