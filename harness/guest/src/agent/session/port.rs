//! A session that forwards a port of the machine.

use nightproof_session_channel::{DataChannel, Event, Flag, PayloadType, Tunnel};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

use super::end::End;
use super::properties::Port;

/// From this version on clients carry many connections: the real agent's.
const MANY: [u32; 3] = [1, 1, 70];

/// Forwards it until the client or the channel ends it.
pub(super) async fn run(channel: &mut DataChannel, port: &Port, client_version: &str) -> Result<End, String> {
    if port.forwards && is_at_least(client_version, MANY) {
        return many(channel, port).await;
    }
    loop {
        let connected = TcpStream::connect((port.host.as_str(), port.number)).await;
        let stream = connected.map_err(|error| format!("Unable to connect to specified port: {error}"))?;
        match one(channel, stream).await {
            // The client's next connection is another one to the port.
            Ended::Connection if port.forwards => {
                if channel.send(PayloadType::Flag, Flag::DisconnectToPort.bytes()).await.is_err() {
                    return Ok(End::Cut);
                }
            }
            Ended::Connection | Ended::Session => return Ok(End::Done),
            Ended::Channel => return Ok(End::Cut),
        }
    }
}

async fn many(channel: &mut DataChannel, port: &Port) -> Result<End, String> {
    let mut tunnel = Tunnel::agent(channel.outbound.clone(), &port.host, port.number);
    loop {
        match channel.events.recv().await {
            Some(Event::Data(PayloadType::Output, bytes)) => tunnel.take(&bytes).map_err(|error| error.to_string())?,
            Some(Event::Data(PayloadType::Flag, bytes)) if Flag::from_bytes(&bytes) == Some(Flag::TerminateSession) => {
                return Ok(End::Done);
            }
            Some(Event::Data(..)) => {}
            Some(Event::Closed(_) | Event::Lost) | None => return Ok(End::Cut),
        }
    }
}

/// What ended a connection.
enum Ended {
    Connection,
    Session,
    Channel,
}

/// Carries one connection.
async fn one(channel: &mut DataChannel, stream: TcpStream) -> Ended {
    let (mut reader, mut writer) = stream.into_split();
    let (sender, mut pieces) = unbounded_channel::<Vec<u8>>();
    tokio::spawn(async move {
        while let Some(piece) = pieces.recv().await {
            if writer.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    let outbound = channel.outbound.clone();
    let mut reading = tokio::spawn(async move {
        let mut piece = [0; 1024];
        while let Ok(length @ 1..) = reader.read(&mut piece).await {
            let bytes = piece.get(..length).unwrap_or_default().to_vec();
            if outbound.send(nightproof_session_channel::Outbound::Data(PayloadType::Output, bytes)).await.is_err() {
                return;
            }
        }
    });
    let ended = loop {
        tokio::select! {
            _ = &mut reading => return Ended::Connection,
            event = channel.events.recv() => match event {
                Some(Event::Data(PayloadType::Output, bytes)) => drop(sender.send(bytes)),
                Some(Event::Data(PayloadType::Flag, bytes)) => match Flag::from_bytes(&bytes) {
                    Some(Flag::DisconnectToPort) => break Ended::Connection,
                    Some(Flag::TerminateSession) => break Ended::Session,
                    _ => {}
                },
                Some(Event::Data(..)) => {}
                Some(Event::Closed(_) | Event::Lost) | None => break Ended::Channel,
            },
        }
    };
    reading.abort();
    ended
}

fn is_at_least(version: &str, wanted: [u32; 3]) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0)) >= wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, many) in [("1.2.707.0", true), ("1.1.70.0", true), ("1.1.69", false), ("1.0.999.9", false), ("", false)] {
            assert_eq!(is_at_least(version, MANY), many, "{version}");
        }
    }
}
