//! A stream of which the next bytes can be looked at.

use std::io::{self, Read};

/// A stream of which the next bytes can be looked at before they are read.
pub(crate) struct Peek<R> {
    /// Read from the stream and by nobody yet.
    ahead: Vec<u8>,
    stream: R,
    /// Whether somebody wanted to read beyond the end.
    ended: bool,
}

impl<R: Read> Peek<R> {
    pub(crate) const fn new(stream: R) -> Self {
        Self { ahead: Vec::new(), stream, ended: false }
    }

    /// The next bytes: `count` of them, or all that are left.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        let missing = count.saturating_sub(self.ahead.len()) as u64;
        self.stream.by_ref().take(missing).read_to_end(&mut self.ahead)?;
        Ok(self.ahead.get(..count).unwrap_or(&self.ahead))
    }

    /// Whether somebody wanted to read beyond the end.
    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }
}

impl<R: Read> Read for Peek<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = if self.ahead.is_empty() {
            self.stream.read(buffer)?
        } else {
            let count = self.ahead.as_slice().read(buffer)?;
            self.ahead.drain(..count);
            count
        };
        self.ended |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}
