//! Compressions of archives, told by their first bytes.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// Bytes by which every compression is told.
const MAGIC: usize = 6;

/// What was compressed in `stream`, or the stream itself.
///
/// # Errors
/// The stream cannot be read, or is compressed by what is not undone here.
pub(super) fn open<'a>(stream: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut stream = BufReader::with_capacity(256 * 1024, stream);
    let begin = stream.fill_buf()?.get(..MAGIC).unwrap_or_default();
    Ok(match begin {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(stream)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(Zstd::new(stream)?),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Box::new(lzma_rust2::XzReader::new(stream, true)),
        [b'B', b'Z', b'h', ..] => {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "it is compressed by bzip2: gzip, xz and zstd are undone"));
        }
        _ => Box::new(stream),
    })
}

/// Whether these first bytes are of something compressed.
pub(super) fn is_compressed(begin: &[u8]) -> bool {
    let magics: [&[u8]; 4] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0xfd, b'7', b'z', b'X', b'Z', 0], b"BZh"];
    magics.iter().any(|magic| begin.starts_with(magic))
}

/// The frames of a zstd stream, one after the other. <https://www.rfc-editor.org/rfc/rfc8878#name-frames>
struct Zstd<R: BufRead> {
    /// `None` after its end.
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
}

impl<R: BufRead> Zstd<R> {
    fn new(stream: R) -> io::Result<Self> {
        Ok(Self { frame: next_frame(stream)? })
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let count = frame.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.frame = self.frame.take().map(StreamingDecoder::into_inner).map(next_frame).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// The next frame that has content; tools leave others, to be skipped, behind it.
fn next_frame<R: BufRead>(mut stream: R) -> io::Result<Option<StreamingDecoder<R, FrameDecoder>>> {
    loop {
        match stream.fill_buf()? {
            [] => return Ok(None),
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                let mut head = [0; 8];
                stream.read_exact(&mut head)?;
                let [.., a, b, c, d] = head;
                let length = u64::from(u32::from_le_bytes([a, b, c, d]));
                io::copy(&mut stream.by_ref().take(length), &mut io::sink())?;
            }
            _ => return StreamingDecoder::new(stream).map(Some).map_err(io::Error::other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    fn compressed(program: &str, text: &[u8]) -> Vec<u8> {
        let mut child = Command::new(program).arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        child.wait_with_output().unwrap().stdout
    }

    fn text(bytes: &[u8]) -> String {
        let mut text = String::new();
        open(bytes).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn what_people_compress_archives_by_is_undone_and_nothing_else_is_touched() {
        assert_eq!((text(b"plain"), text(b"")), ("plain".to_owned(), String::new()));
        for program in ["gzip", "xz", "zstd"] {
            let bytes = compressed(program, b"layer");
            assert!(is_compressed(&bytes), "{program}");
            assert_eq!(text(&bytes), "layer", "{program}");
            let two = [bytes, compressed(program, b" and more")].concat();
            assert_eq!(text(&two), "layer and more", "{program}");
        }
        let error = open(compressed("bzip2", b"x").as_slice()).map(drop).unwrap_err();
        assert!(error.to_string().contains("bzip2"), "{error}");
    }

    #[test]
    fn frames_that_are_to_be_skipped_are() {
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let bytes = [compressed("zstd", b"layer"), skipped.to_vec()].concat();
        assert_eq!(text(&bytes), "layer");
    }
}
