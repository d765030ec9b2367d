//! A session, from this end.

use nightproof_drill::{Admission, Endpoint};
use nightproof_session_channel::{DataChannel, Direction, OpenChannel, connect};

use crate::error::Error;
use crate::printer;

/// The version of AWS's plugin whose protocol this speaks: the agent asks newer ones for nothing else.
pub(super) const VERSION: &str = "1.2.707.0";

/// A session, and this end of its data channel.
pub(super) struct Session<'a> {
    endpoint: &'a Endpoint,
    pub(super) id: String,
    pub(super) channel: DataChannel,
}

impl<'a> Session<'a> {
    /// Begins it, with this end open.
    pub(super) async fn start(
        endpoint: &'a Endpoint,
        instance: &str,
        document: Option<(&str, serde_json::Value)>,
    ) -> Result<Self, Error> {
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

    /// Ends it, whatever has ended this end.
    pub(super) async fn end(self) {
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
