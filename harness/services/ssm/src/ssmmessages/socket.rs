//! The region's end of a web socket, which the gateway has agreed to.

use std::time::Duration;

use futures_util::StreamExt as _;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use nightproof_core::service::{AwsError, Call};
use nightproof_session_channel::{Carrier, Frame, OpenChannel, Role, Socket, WebSocketConfig, WebSocketStream};
use tracing::debug;

/// How long whoever opens a web socket may take to show its token.
const FIRST_WORD: Duration = Duration::from_secs(30);
/// The largest message that is taken, bytes.
const LARGEST: usize = 1 << 20;

/// The connection of the call, once the answer to it is written.
pub(super) fn upgrade(call: &Call, operation: &str) -> Result<OnUpgrade, AwsError> {
    let on_upgrade = call.http.as_ref().and_then(|head| head.extensions.get::<OnUpgrade>().cloned());
    on_upgrade.ok_or_else(|| AwsError::validation(format!("{operation} is called by a request for a web socket.")))
}

/// The web socket, if the connection becomes one.
pub(super) async fn opened(upgrade: OnUpgrade) -> Option<Socket> {
    match upgrade.await {
        Ok(connection) => {
            let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
            let carrier: Box<dyn Carrier> = Box::new(TokioIo::new(connection));
            Some(WebSocketStream::from_raw_socket(carrier, Role::Server, Some(config)).await)
        }
        Err(error) => {
            debug!(%error, "a connection did not become a web socket");
            None
        }
    }
}

/// The first word of whoever has opened it.
pub(super) async fn first_word(socket: &mut Socket) -> Option<OpenChannel> {
    let first = tokio::time::timeout(FIRST_WORD, socket.next()).await.ok()??.ok()?;
    match first {
        Frame::Text(text) => serde_json::from_str(&text).ok(),
        _ => None,
    }
}
