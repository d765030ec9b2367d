//! The frames by which a forwarded port carries many connections: version 1 of smux, which the agent and the plugin use.
//! <https://github.com/xtaci/smux>

const VERSION: u8 = 1;
const HEADER: usize = 8;
/// The most data of a frame that this side sends: with its header it fits into one message of a stream.
pub(crate) const PIECE: usize = 1024 - HEADER;

/// What a frame does with its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Open,
    Close,
    Data,
    Nothing,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MuxFrame {
    pub(crate) command: Command,
    pub(crate) connection: u32,
    pub(crate) data: Vec<u8>,
}

impl MuxFrame {
    pub(crate) fn new(command: Command, connection: u32) -> Self {
        Self { command, connection, data: Vec::new() }
    }

    /// As it is sent; data beyond what a frame can hold is cut, which [`PIECE`] is for.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let command = match self.command {
            Command::Open => 0,
            Command::Close => 1,
            Command::Data => 2,
            Command::Nothing => 3,
        };
        let length = u16::try_from(self.data.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![VERSION, command];
        bytes.extend(length.to_le_bytes());
        bytes.extend(self.connection.to_le_bytes());
        bytes.extend(self.data.iter().take(length.into()));
        bytes
    }
}

/// The other side speaks something else.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("what came for the port is no frame of smux")]
pub(crate) struct NoFrame;

/// Frames out of bytes that come in pieces.
#[derive(Debug, Default)]
pub(crate) struct MuxReader {
    bytes: Vec<u8>,
}

impl MuxReader {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// The next whole frame.
    pub(crate) fn next(&mut self) -> Result<Option<MuxFrame>, NoFrame> {
        let Some(&[version, command, low, high, a, b, c, d]) = self.bytes.first_chunk::<HEADER>() else { return Ok(None) };
        let command = match (version, command) {
            (VERSION, 0) => Command::Open,
            (VERSION, 1) => Command::Close,
            (VERSION, 2) => Command::Data,
            (VERSION, 3) => Command::Nothing,
            _ => return Err(NoFrame),
        };
        let end = HEADER + usize::from(u16::from_le_bytes([low, high]));
        let Some(data) = self.bytes.get(HEADER..end) else { return Ok(None) };
        let frame = MuxFrame { command, connection: u32::from_le_bytes([a, b, c, d]), data: data.to_vec() };
        self.bytes.drain(..end);
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_smuxs_layout() {
        let frame = MuxFrame { command: Command::Data, connection: 0x0403_0201, data: b"hi".to_vec() };
        assert_eq!(frame.encode(), [1, 2, 2, 0, 1, 2, 3, 4, b'h', b'i']);
        assert_eq!(MuxFrame::new(Command::Open, 3).encode(), [1, 0, 0, 0, 3, 0, 0, 0]);
    }

    #[test]
    fn frames_are_read_from_pieces_of_any_size() {
        let frames: Vec<MuxFrame> = [(Command::Open, 0), (Command::Data, 700), (Command::Nothing, 0), (Command::Close, 0)]
            .map(|(command, length)| MuxFrame { data: vec![7; length], ..MuxFrame::new(command, 5) })
            .into();
        let bytes: Vec<u8> = frames.iter().flat_map(MuxFrame::encode).collect();
        for size in [1, 3, 8, 9, 1000] {
            let (mut reader, mut read) = (MuxReader::default(), Vec::new());
            for piece in bytes.chunks(size) {
                reader.push(piece);
                while let Some(frame) = reader.next().unwrap() {
                    read.push(frame);
                }
            }
            assert_eq!(read, frames, "{size}");
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bytes in [[2, 0, 0, 0, 0, 0, 0, 0], [1, 9, 0, 0, 0, 0, 0, 0]] {
            let mut reader = MuxReader::default();
            reader.push(&bytes);
            assert_eq!(reader.next(), Err(NoFrame));
        }
    }
}
