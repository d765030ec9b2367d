//! A port of this host that leads to one of an instance.

use nightproof_drill::Endpoint;
use nightproof_session_channel::{ChannelClosed, Event, Flag, PayloadType, Tunnel};
use serde_json::json;
use tokio::net::TcpListener;

use super::handshake;
use super::session::Session;
use crate::arguments::PortForward;
use crate::error::Error;
use crate::{Exit, interrupt, printer};

const DOCUMENT: &str = "AWS-StartPortForwardingSession";

/// Forwards it until it is interrupted.
pub(super) async fn forward(endpoint: &Endpoint, instance: &str, ports: PortForward) -> Result<Exit, Error> {
    let PortForward { local, remote } = ports;
    let listen = |source| Error::ListenForShell { port: local, source };
    let listener = TcpListener::bind(("127.0.0.1", local)).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let parameters = json!({"portNumber": [remote.to_string()], "localPortNumber": [address.port().to_string()]});
    let cancel = interrupt::token()?;
    let mut session = Session::start(endpoint, instance, Some((DOCUMENT, parameters))).await?;
    let mut tunnel = Tunnel::client(session.channel.outbound.clone());
    let mut is_open = false;
    let ended = loop {
        tokio::select! {
            event = session.channel.events.recv() => match event {
                Some(Event::Data(PayloadType::HandshakeRequest, bytes)) => handshake::answer(&session.channel, &bytes).await,
                Some(Event::Data(PayloadType::HandshakeComplete, _)) => {
                    is_open = true;
                    printer::line(&format!("{address} leads to port {remote} of {instance}"));
                }
                Some(Event::Data(PayloadType::Output, bytes)) => {
                    if let Err(error) = tunnel.take(&bytes) {
                        break Err(Error::Session(error));
                    }
                }
                Some(Event::Data(PayloadType::Flag, bytes)) if Flag::from_bytes(&bytes) == Some(Flag::ConnectToPortError) => {
                    printer::note(&format!("Connection to destination port failed, check SSM Agent logs: nobody listens on port {remote} of {instance}"));
                }
                Some(Event::Data(..)) => {}
                Some(Event::Closed(ChannelClosed { output, .. })) => break Ok(output),
                Some(Event::Lost) | None => break Err(Error::SessionLost),
            },
            accepted = listener.accept(), if is_open => {
                if let Ok((stream, _)) = accepted {
                    tunnel.carry(stream);
                }
            }
            () = cancel.cancelled() => {
                let _ = session.channel.send(PayloadType::Flag, Flag::TerminateSession.bytes()).await;
                break Ok(String::new());
            }
        }
    };
    session.end().await;
    let output = ended?;
    if output.is_empty() {
        return Ok(Exit::Passed);
    }
    printer::note(&output);
    Ok(Exit::Failed)
}
