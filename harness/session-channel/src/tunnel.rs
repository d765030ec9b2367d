//! TCP connections over a data channel: the two ends of a forwarded port.

use std::collections::HashMap;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::data_channel::Outbound;
use crate::mux::{Command, MuxFrame, MuxReader, PIECE};
use crate::payload::{Flag, PayloadType};

/// One end of a forwarded port. Nothing of it waits: whoever takes what comes out of a data channel must not wait for what goes in.
pub struct Tunnel {
    outbound: Sender<Outbound>,
    reader: MuxReader,
    connections: HashMap<u32, UnboundedSender<Vec<u8>>>,
    /// Of this side's own connections: odd numbers, as smux gives them to its client.
    next: u32,
    /// Where connections of the other side lead.
    destination: Option<(String, u16)>,
}

impl Tunnel {
    /// The client's end: connections are its own.
    pub fn client(outbound: Sender<Outbound>) -> Self {
        Self { outbound, reader: MuxReader::default(), connections: HashMap::new(), next: 3, destination: None }
    }

    /// The agent's end: connections lead to a host's port.
    pub fn agent(outbound: Sender<Outbound>, host: &str, port: u16) -> Self {
        Self { destination: Some((host.to_owned(), port)), ..Self::client(outbound) }
    }

    /// Carries a connection to the other end from now on.
    pub fn carry(&mut self, stream: TcpStream) {
        let id = self.next;
        self.next = self.next.wrapping_add(2);
        let (pieces, outbound) = (self.add(id), self.outbound.clone());
        tokio::spawn(async move {
            send(&outbound, &MuxFrame::new(Command::Open, id)).await;
            pump(stream, id, pieces, outbound).await;
        });
    }

    /// Takes bytes that came from the other end.
    ///
    /// # Errors
    /// The other side speaks something else.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.reader.push(bytes);
        while let Some(frame) = self.reader.next()? {
            match frame.command {
                Command::Open => self.open(frame.connection),
                Command::Data => {
                    if let Some(connection) = self.connections.get(&frame.connection) {
                        // One that has ended here has told so.
                        let _ = connection.send(frame.data);
                    }
                }
                // The last that its writer gets: it then ends what it writes.
                Command::Close => drop(self.connections.remove(&frame.connection)),
                Command::Nothing => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, id: u32) -> UnboundedReceiver<Vec<u8>> {
        let (sender, pieces) = unbounded_channel();
        self.connections.insert(id, sender);
        pieces
    }

    fn open(&mut self, id: u32) {
        let Some((host, port)) = self.destination.clone() else { return };
        let (pieces, outbound) = (self.add(id), self.outbound.clone());
        tokio::spawn(async move {
            if let Ok(stream) = TcpStream::connect((host, port)).await {
                return pump(stream, id, pieces, outbound).await;
            }
            let flag = Flag::ConnectToPortError.bytes().to_vec();
            let _ = outbound.send(Outbound::Data(PayloadType::Flag, flag)).await;
            send(&outbound, &MuxFrame::new(Command::Close, id)).await;
        });
    }
}

async fn send(outbound: &Sender<Outbound>, frame: &MuxFrame) {
    // A channel that has ended takes its connections along.
    let _ = outbound.send(Outbound::Data(PayloadType::Output, frame.encode())).await;
}

/// Carries both directions of a connection to their ends.
async fn pump(stream: TcpStream, id: u32, mut pieces: UnboundedReceiver<Vec<u8>>, outbound: Sender<Outbound>) {
    let (mut reader, mut writer) = stream.into_split();
    let write = async move {
        while let Some(piece) = pieces.recv().await {
            if writer.write_all(&piece).await.is_err() {
                return;
            }
        }
        let _ = writer.shutdown().await;
    };
    let read = async move {
        let mut piece = [0; PIECE];
        while let Ok(length @ 1..) = reader.read(&mut piece).await {
            let data = piece.get(..length).unwrap_or_default().to_vec();
            let frame = MuxFrame { command: Command::Data, connection: id, data };
            if outbound.send(Outbound::Data(PayloadType::Output, frame.encode())).await.is_err() {
                return;
            }
        }
        send(&outbound, &MuxFrame::new(Command::Close, id)).await;
    };
    tokio::join!(write, read);
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use tokio::sync::mpsc::{Receiver, channel};

    use super::*;

    /// Carries what goes into one end to the other.
    async fn join(mut from: Receiver<Outbound>, to: Sender<(PayloadType, Vec<u8>)>) {
        while let Some(Outbound::Data(kind, bytes)) = from.recv().await {
            if to.send((kind, bytes)).await.is_err() {
                return;
            }
        }
    }

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (near, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn connections_are_carried_side_by_side() {
        let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = service.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = service.accept().await {
                tokio::spawn(async move {
                    let (mut reader, mut writer) = stream.into_split();
                    let _ = tokio::io::copy(&mut reader, &mut writer).await;
                    let _ = writer.write_all(b"!").await;
                });
            }
        });
        let ((client_out, from_client), (agent_out, from_agent)) = (channel(8), channel(8));
        let ((to_agent, mut at_agent), (to_client, mut at_client)) = (channel(8), channel(8));
        tokio::spawn(join(from_client, to_agent));
        tokio::spawn(join(from_agent, to_client));
        let (mut client, mut agent) = (Tunnel::client(client_out), Tunnel::agent(agent_out, "localhost", port));
        let mut users = Vec::new();
        for number in 0..3_u8 {
            let (near, far) = pair().await;
            client.carry(far);
            users.push(tokio::spawn(async move {
                let (mut reader, mut writer) = near.into_split();
                let sent = vec![number; 50_000];
                let copy = sent.clone();
                tokio::spawn(async move {
                    writer.write_all(&copy).await.unwrap();
                    writer.shutdown().await.unwrap();
                });
                let mut answer = Vec::new();
                reader.read_to_end(&mut answer).await.unwrap();
                assert!(answer == [sent.as_slice(), b"!"].concat(), "{number}: {} bytes", answer.len());
            }));
        }
        tokio::spawn(async move {
            while let Some((_, bytes)) = at_agent.recv().await {
                agent.take(&bytes).unwrap();
            }
        });
        tokio::spawn(async move {
            while let Some((_, bytes)) = at_client.recv().await {
                client.take(&bytes).unwrap();
            }
        });
        for user in users {
            tokio::time::timeout(std::time::Duration::from_secs(30), user).await.expect("an answer").unwrap();
        }
    }

    #[tokio::test]
    async fn a_port_at_which_nobody_listens_closes_the_connection_and_says_so() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let (outbound, mut sent) = channel(8);
        let mut agent = Tunnel::agent(outbound, "localhost", free);
        agent.take(&MuxFrame::new(Command::Open, 3).encode()).unwrap();
        let Some(Outbound::Data(PayloadType::Flag, flag)) = sent.recv().await else { panic!("no flag") };
        assert_eq!(Flag::from_bytes(&flag), Some(Flag::ConnectToPortError));
        let Some(Outbound::Data(PayloadType::Output, frame)) = sent.recv().await else { panic!("no frame") };
        assert_eq!(frame, MuxFrame::new(Command::Close, 3).encode());
    }
}
