//! One end of a session's data channel: what it sends is carried to the other end as it is.

use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use nightproof_core::Region;
use nightproof_session_channel::{AgentMessage, Frame, MessageType, SessionState, Socket};
use tokio::sync::mpsc::UnboundedReceiver;
use tracing::debug;

use super::socket::first_word;
use crate::records::Ssm;
use crate::sessions::channels::{End, Passing, Token};
use crate::sessions::session::Status;

/// Serves it until it closes, the session ends, or a newer one takes its place. An agent's end is of `instance`.
pub(crate) async fn serve(ssm: &Arc<Ssm>, region: &Region, session: &str, instance: Option<&str>, mut socket: Socket) {
    let token = first_word(&mut socket).await.and_then(|word| ssm.channels.redeem(&word.token_value));
    let (end, account) = match (token, instance) {
        (Some(Token::Agent { account, session: of }), Some(_)) if of == session => (End::Agent, account),
        (Some(Token::Client { account, session: of }), None) if of == session => (End::Client, account),
        _ => {
            debug!(session, "a data channel was opened without its token");
            return;
        }
    };
    let Some((id, passing)) = ssm.channels.attach(session, end) else {
        debug!(session, "a data channel was opened of a session that has ended");
        return;
    };
    let (sink, stream) = socket.split();
    if end == End::Client {
        ssm.client_came(&account, session);
    }
    // Both go on by themselves: neither end waits for the other to read.
    tokio::select! {
        () = write(sink, passing) => {}
        () = read(ssm, region, &account, session, end, stream) => {}
    }
    if ssm.channels.detach(session, end, id) && end == End::Client {
        ssm.client_went(&account, session);
    }
}

async fn write(mut sink: SplitSink<Socket, Frame>, mut passing: UnboundedReceiver<Passing>) {
    while let Some(passed) = passing.recv().await {
        let (bytes, last) = match passed {
            Passing::Message(bytes) => (bytes, false),
            Passing::Last(bytes) => (bytes, true),
        };
        if sink.send(Frame::Binary(bytes)).await.is_err() {
            return;
        }
        if last {
            break;
        }
    }
    let _ = sink.close().await;
}

async fn read(ssm: &Arc<Ssm>, region: &Region, account: &str, session: &str, end: End, mut stream: SplitStream<Socket>) {
    while let Some(Ok(frame)) = stream.next().await {
        let bytes = match frame {
            Frame::Binary(bytes) => bytes,
            Frame::Close(_) => return,
            _ => continue,
        };
        let message = match AgentMessage::decode(&bytes) {
            Ok(message) => message,
            Err(error) => {
                debug!(%error, session, "a message of a session was left out");
                continue;
            }
        };
        match (end, message.kind) {
            (_, MessageType::Acknowledge) => ssm.channels.pass(session, end.other(), bytes),
            (End::Client, MessageType::InputStreamData) | (End::Agent, MessageType::OutputStreamData) => {
                ssm.channels.note_activity(session);
                ssm.channels.pass(session, end.other(), bytes);
            }
            (End::Agent, MessageType::AgentSessionState) => {
                let Ok(state) = message.read::<SessionState>() else { continue };
                match state.session_state.as_str() {
                    "Connected" => ssm.set_session_status(account, session, Status::Connected),
                    "Terminating" => ssm.end_session(region, account, session, Status::Terminated, ""),
                    other => debug!(state = other, session, "an agent has an unknown state of a session"),
                }
            }
            (_, other) => debug!(kind = other.name(), session, "a data channel has no use for a message"),
        }
    }
}
