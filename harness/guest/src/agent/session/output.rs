//! What a command without a terminal prints.

use std::io::{self, Read};
use std::thread;

use nightproof_session_channel::{Outbound, PayloadType};
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

/// Sends a stream to its end, in a thread. A prefix stands before each piece that begins a line.
pub(super) fn send(
    mut stream: impl Read + Send + 'static,
    kind: PayloadType,
    prefix: &str,
    outbound: Sender<Outbound>,
) -> oneshot::Receiver<()> {
    let prefix = prefix.as_bytes().to_vec();
    let (sender, ended) = oneshot::channel();
    thread::spawn(move || {
        let (mut piece, mut begins) = ([0; 1024], true);
        let room = piece.len().saturating_sub(prefix.len()).max(1);
        while let Ok(length @ 1..) = stream.read(piece.get_mut(..room).unwrap_or_default()) {
            let read = piece.get(..length).unwrap_or_default();
            let mut sent = if begins { prefix.clone() } else { Vec::new() };
            sent.extend(read);
            begins = read.ends_with(b"\n");
            if outbound.blocking_send(Outbound::Data(kind, sent)).is_err() {
                break;
            }
        }
        let _ = sender.send(());
    });
    ended
}

/// All of a stream, once it has ended.
pub(super) fn hold(mut stream: io::PipeReader) -> oneshot::Receiver<Vec<u8>> {
    let (sender, ended) = oneshot::channel();
    thread::spawn(move || {
        let mut held = Vec::new();
        // What was read before it failed is all that there is.
        let _ = stream.read_to_end(&mut held);
        let _ = sender.send(held);
    });
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a piece at a time.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[tokio::test]
    async fn a_prefix_stands_where_a_line_begins() {
        let (outbound, mut pieces) = tokio::sync::mpsc::channel(8);
        let ended = send(Pieces(vec![b"a\nb", b"c\n", b"d"]), PayloadType::StdErr, "ERR:", outbound);
        let mut read = Vec::new();
        while let Some(Outbound::Data(PayloadType::StdErr, piece)) = pieces.recv().await {
            read.push(String::from_utf8(piece).unwrap());
        }
        assert_eq!(read, ["ERR:a\nb", "c\n", "ERR:d"]);
        ended.await.unwrap();
    }
}
