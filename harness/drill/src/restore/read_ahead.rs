//! A stream that another thread reads ahead of whoever reads it: what is read is decompressed while what was read before is digested.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Length of a piece.
const PIECE: usize = 64 << 10;
/// As many pieces wait to be read.
const PIECES: usize = 16;

/// What a thread reads ahead. It ends with its stream, at an error, or when nobody reads any more.
pub(crate) struct ReadAhead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    has_ended: bool,
}

impl ReadAhead {
    /// Begins to read `stream`.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(crate) fn new(mut stream: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(PIECES);
        thread::Builder::new().name("read-ahead".to_owned()).spawn(move || {
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                let read = stream.by_ref().take(PIECE as u64).read_to_end(&mut piece);
                // What came before an error is read before it. An empty piece is the end.
                let is_read = (read.is_err() && piece.is_empty()) || sender.send(Ok(piece)).is_ok();
                match read {
                    Ok(1..) if is_read => {}
                    Ok(_) => return,
                    Err(error) => {
                        let _ = sender.send(Err(error));
                        return;
                    }
                }
            }
        })?;
        Ok(Self { pieces, piece: io::Cursor::default(), has_ended: false })
    }
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.has_ended {
                return Ok(count);
            }
            let ended = |_| io::Error::other("the thread that reads ahead ended early");
            let piece = self.pieces.recv().map_err(ended)??;
            self.has_ended = piece.is_empty();
            self.piece = io::Cursor::new(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_the_stream_has() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 40 * PIECE + 7] {
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut read = Vec::new();
            ReadAhead::new(io::Cursor::new(content.clone())).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == content, "{length}");
        }
    }

    #[test]
    fn an_error_comes_after_what_came_before_it() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::new(io::ErrorKind::InvalidData, "broken"))
            }
        }
        let content = vec![7; PIECE + 10];
        let mut read = Vec::new();
        let error = ReadAhead::new(io::Cursor::new(content.clone()).chain(Broken)).unwrap().read_to_end(&mut read).unwrap_err();
        assert_eq!((error.to_string().as_str(), read == content), ("broken", true));
    }

    #[test]
    fn a_stream_without_end_is_read_no_further_than_somebody_reads() {
        let mut ahead = ReadAhead::new(io::repeat(1)).unwrap();
        let mut some = [0; 10];
        ahead.read_exact(&mut some).unwrap();
        assert_eq!(some, [1; 10]);
    }
}
