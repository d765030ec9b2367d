//! Compressed streams, by their first bytes, read to their end with every checksum that they carry.

use std::fmt;
use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder as ZstdDecoder};

use crate::restore::peek::Peek;

/// Memory that an xz stream may ask for, KiB: more than `xz -9` takes.
const XZ_KIB: u32 = 256 << 10;

/// A compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Lz4,
}

impl Compression {
    /// The compression of a stream that begins so.
    pub(crate) fn from_start(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The size of its blocks, and the mark of a block or of the end of an empty stream.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..] | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, ..] => {
                Some(Self::Bzip2)
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            _ => None,
        }
    }

    /// What the stream holds.
    pub(crate) fn reader(self, stream: impl BufRead + Send + 'static) -> Box<dyn Read + Send> {
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(stream)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(stream)),
            Self::Xz => Box::new(XzReader::new_mem_limit(stream, true, XZ_KIB)),
            Self::Zstd => Box::new(Zstd { stream: Peek::new(stream), frame: ZstdDecoder::new(), open: false }),
            Self::Lz4 => Box::new(Lz4 { frames: Lz4Decoder::new(Peek::new(stream)), open: false }),
        }
    }

    /// Ends of the names that files with this compression have.
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Gzip => &[".gz", ".gzip", ".tgz"],
            Self::Bzip2 => &[".bz2", ".bz"],
            Self::Xz => &[".xz"],
            Self::Zstd => &[".zst", ".zstd"],
            Self::Lz4 => &[".lz4"],
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// The length of a frame that decoders of zstd and lz4 are to skip, if the bytes are the head of one.
/// <https://www.rfc-editor.org/rfc/rfc8878#name-skippable-frames>
fn skippable(head: &[u8]) -> Option<u64> {
    let [first @ 0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d] = head else { return None };
    let _ = first;
    Some(8 + u64::from(u32::from_le_bytes([*a, *b, *c, *d])))
}

/// Skips frames that decoders are to skip. Returns whether something follows.
fn skip_frames(stream: &mut Peek<impl Read>) -> io::Result<bool> {
    loop {
        let head = stream.peek(8)?;
        let Some(length) = skippable(head) else { return Ok(!head.is_empty()) };
        if io::copy(&mut stream.by_ref().take(length), &mut io::sink())? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The frames of a zstd stream, one after the other.
struct Zstd<R> {
    stream: Peek<R>,
    frame: ZstdDecoder,
    open: bool,
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.open {
                if !skip_frames(&mut self.stream)? {
                    return Ok(0);
                }
                self.frame.reset(&mut self.stream).map_err(frame_error)?;
                self.open = true;
            }
            while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                self.frame.decode_blocks(&mut self.stream, BlockDecodingStrategy::UptoBlocks(1)).map_err(io::Error::other)?;
            }
            match self.frame.read(buffer)? {
                0 if self.frame.is_finished() && self.frame.can_collect() == 0 => {
                    let promised = self.frame.get_checksum_from_data();
                    if promised.is_some() && promised != self.frame.get_calculated_checksum() {
                        return Err(io::Error::new(io::ErrorKind::InvalidData, "its content does not have its checksum"));
                    }
                    self.open = false;
                }
                count => return Ok(count),
            }
        }
    }
}

fn frame_error(error: FrameDecoderError) -> io::Error {
    match error {
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)) => {
            io::Error::new(io::ErrorKind::InvalidData, "what follows its end is no part of it")
        }
        other => io::Error::other(other),
    }
}

/// The frames of an lz4 stream, one after the other.
struct Lz4<R: Read> {
    frames: Lz4Decoder<Peek<R>>,
    open: bool,
}

impl<R: Read> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.open {
                if !skip_frames(self.frames.get_mut())? {
                    return Ok(0);
                }
                self.open = true;
            }
            match self.frames.read(buffer) {
                Ok(0) if self.frames.get_ref().has_ended() => return Err(io::ErrorKind::UnexpectedEof.into()),
                // A frame's end; the decoder returns so within a frame without content, too.
                Ok(0) => self.open = false,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(error),
                Err(error) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, format!("its lz4 frames are wrong: {error}")));
                }
                Ok(count) => return Ok(count),
            }
        }
    }
}
