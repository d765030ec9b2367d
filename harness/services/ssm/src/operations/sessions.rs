//! Operations on sessions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::Principal;
use nightproof_core::credentials::random_string;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::command_parameters::{Given, typed};
use crate::page::page;
use crate::records::Ssm;
use crate::sessions::channels::Token;
use crate::sessions::document;
use crate::sessions::session::{Session, Status};

/// `StartSession`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartSession {
    target: String,
    document_name: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Vec<String>>,
}

/// `ResumeSession`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ResumeSession.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResumeSession {
    session_id: String,
}

/// `TerminateSession`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_TerminateSession.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TerminateSession {
    session_id: String,
}

/// `DescribeSessions`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeSessions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeSessions {
    state: String,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    key: String,
    value: String,
}

/// `GetConnectionStatus`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetConnectionStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetConnectionStatus {
    target: String,
}

/// The longest id of a session.
const LONGEST_ID: usize = 96;

impl Ssm {
    pub(crate) async fn start_session(&self, call: &Call, input: StartSession) -> Result<Value, AwsError> {
        let (name, found) = self.session_document(call, input.document_name.as_deref())?;
        let given: Given = input.parameters;
        let parameters = typed(&found, &given)?;
        let limits = document::limits(&found.content)?;
        if !self.is_connected(call, &input.target).await {
            return Err(AwsError::new("TargetNotConnected", 400, format!("{} is not connected.", input.target)));
        }
        let id = session_id(call);
        let session = Session {
            id: id.clone(),
            target: input.target,
            status: Status::Connecting,
            started: call.now,
            ended: None,
            document: name,
            content: found.content,
            parameters,
            owner: call.caller.arn(),
            reason: input.reason,
            details: String::new(),
            longest: limits.longest,
        };
        let ssm = self.me.upgrade().ok_or_else(|| AwsError::internal("the service has ended"))?;
        ssm.begin_session(&call.region, call.account(), session, limits);
        Ok(self.admission(call, &id))
    }

    pub(crate) fn resume_session(&self, call: &Call, input: ResumeSession) -> Result<Value, AwsError> {
        let id = input.session_id;
        let goes_on = self.with(call.account(), |records| records.session(&id).is_some_and(|session| !session.status.is_over()));
        if !goes_on {
            return Err(AwsError::new("DoesNotExistException", 400, format!("Session {id} does not exist.")));
        }
        Ok(self.admission(call, &id))
    }

    /// Succeeds whether there is such a session or not, as on AWS.
    pub(crate) fn terminate_session(&self, call: &Call, input: TerminateSession) -> Result<Value, AwsError> {
        self.end_session(&call.region, call.account(), &input.session_id, Status::Terminated, "");
        Ok(json!({"SessionId": input.session_id}))
    }

    pub(crate) fn describe_sessions(&self, call: &Call, input: DescribeSessions) -> Result<Value, AwsError> {
        let over = input.state == "History";
        let mut found = Vec::new();
        let sessions = self.with(call.account(), |records| records.sessions.clone());
        for session in sessions.iter().rev().filter(|session| session.status.is_over() == over) {
            let mut keep = true;
            for filter in &input.filters {
                keep &= matches(session, filter)?;
            }
            if keep {
                found.push(session.describe());
            }
        }
        page("Sessions", found, input.next_token.as_deref(), input.max_results.unwrap_or(200))
    }

    pub(crate) async fn get_connection_status(&self, call: &Call, input: GetConnectionStatus) -> Result<Value, AwsError> {
        let status = if self.is_connected(call, &input.target).await { "connected" } else { "notconnected" };
        Ok(json!({"Target": input.target, "Status": status}))
    }

    /// Whether the agent of a node of this account is reached by its control channel.
    async fn is_connected(&self, call: &Call, target: &str) -> bool {
        self.instances(&call.region, call.account());
        let known = self.with(call.account(), |records| records.nodes.contains_key(target));
        known && self.channels.reaches(target).await
    }

    /// What lets a client into a session.
    fn admission(&self, call: &Call, id: &str) -> Value {
        let token = Token::Client { account: call.account().to_owned(), session: id.to_owned() };
        json!({"SessionId": id, "TokenValue": self.channels.issue(token), "StreamUrl": stream_url(call, id)})
    }
}

/// The name of whoever calls, and something random: policies allow people their own sessions by it.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html>
fn session_id(call: &Call) -> String {
    let name = match &call.caller.principal {
        Principal::User { name, .. } => name,
        Principal::AssumedRole { session, .. } => session,
        Principal::Service { name } => name,
        Principal::Root | Principal::Anonymous => "root",
    };
    let random = random_string(b"abcdefghijklmnopqrstuvwxyz0123456789", 16);
    let room = LONGEST_ID - random.len() - 2;
    format!("{}-0{random}", name.chars().take(room).collect::<String>())
}

/// Where the client opens its end: at AWS's name in a machine, and where the region listens for whoever calls it there.
fn stream_url(call: &Call, id: &str) -> String {
    let named = call.http.as_ref().and_then(|head| head.headers.get(http::header::HOST)?.to_str().ok());
    let (scheme, host) = match named.filter(|host| !host.contains(".amazonaws.com")) {
        Some(host) => (if call.tls { "wss" } else { "ws" }, host.to_owned()),
        None => ("wss", format!("ssmmessages.{}.amazonaws.com", call.region.name())),
    };
    format!("{scheme}://{host}/v1/data-channel/{id}?role=publish_subscribe")
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SessionFilter.html>
fn matches(session: &Session, filter: &Filter) -> Result<bool, AwsError> {
    let value = filter.value.as_str();
    let time = || {
        value.parse::<Timestamp>().map_err(|_| AwsError::new("InvalidFilterKey", 400, format!("{value} is not a valid time.")))
    };
    Ok(match filter.key.as_str() {
        "InvokedAfter" => session.started > time()?,
        "InvokedBefore" => session.started < time()?,
        "Target" => session.target == value,
        "Owner" => session.owner == value,
        "Status" => session.status.word() == value,
        "SessionId" => session.id == value,
        "AccessType" => value == "Standard",
        other => return Err(AwsError::new("InvalidFilterKey", 400, format!("The specified key {other} isn't valid."))),
    })
}
