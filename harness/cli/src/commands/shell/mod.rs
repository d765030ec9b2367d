//! `nightproof shell`: a session on an instance of a region that is up, as `aws ssm start-session` has with its plugin.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html>

mod command;
mod handshake;
mod port;
mod terminal;

use nightproof_drill::{Admission, Endpoint};
use nightproof_session_channel::{DataChannel, Direction, OpenChannel, connect};

use crate::arguments::ShellOptions;
use crate::error::Error;
use crate::{Exit, printer};

/// The version of AWS's plugin whose protocol this speaks: the agent asks newer ones for nothing else.
const VERSION: &str = "1.2.707.0";

/// Has one session from its beginning to its end.
pub(crate) async fn shell(options: &ShellOptions) -> Result<Exit, Error> {
    let endpoint = Endpoint::from_environment(&options.region).await.map_err(Error::Environment)?;
    if endpoint.url.is_none() {
        return Err(Error::NoRegionForShell);
    }
    let instance = options.instance.as_str();
    if let Some(ports) = options.port_forward {
        return port::forward(&endpoint, instance, ports).await;
    }
    match &options.command {
        Some(command) => command::run(&endpoint, instance, command).await,
        None => terminal::run(&endpoint, instance).await,
    }
}

/// A session, and this end of its data channel.
struct Session<'a> {
    endpoint: &'a Endpoint,
    id: String,
    channel: DataChannel,
}

impl<'a> Session<'a> {
    async fn start(endpoint: &'a Endpoint, instance: &str, document: Option<(&str, serde_json::Value)>) -> Result<Self, Error> {
        let started = nightproof_drill::start_session(endpoint, instance, document).await.map_err(Error::Refused)?;
        let Admission { session: id, token, url } = started;
        match open(endpoint, &url, token).await {
            Ok(channel) => Ok(Self { endpoint, id, channel }),
            Err(error) => {
                end(endpoint, &id).await;
                Err(error)
            }
        }
    }

    async fn end(self) {
        end(self.endpoint, &self.id).await;
    }
}

async fn open(endpoint: &Endpoint, url: &str, token: String) -> Result<DataChannel, Error> {
    let authority = endpoint.ca_pem.as_ref().map(String::as_bytes);
    let socket = connect(url, authority).await.map_err(|error| Error::Session(Box::new(error)))?;
    let word = OpenChannel {
        message_schema_version: "1.0".to_owned(),
        request_id: uuid::Uuid::new_v4().to_string(),
        token_value: token,
        client_id: Some(uuid::Uuid::new_v4().to_string()),
        client_version: Some(VERSION.to_owned()),
        ..OpenChannel::default()
    };
    DataChannel::open(socket, &word, Direction::Input).await.map_err(|error| Error::Session(error))
}

/// Ends it on the region's side too, whatever ended it here.
async fn end(endpoint: &Endpoint, session: &str) {
    if let Err(failure) = nightproof_drill::terminate_session(endpoint, session).await {
        printer::warning(&Error::Refused(failure));
    }
}
