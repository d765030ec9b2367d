//! Bodies in aws-chunked encoding, see
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::verify::{Seed, matches, mismatch, sha256_hex};
use super::{Claim, Payload};
use crate::AwsError;

/// A line that begins a chunk is shorter.
const LONGEST_LINE: usize = 4096;
/// All trailers together are shorter.
const LONGEST_TRAILERS: usize = 16 * 1024;
/// S3's largest part or single upload: 5 GiB.
const LARGEST_CHUNK: u64 = 5 << 30;

/// An incremental decoder. Data comes out as it comes in, before its chunk's signature is known: whoever stores it keeps it only
/// when [`ChunkedDecoder::finish`] and every `push` succeeded.
#[derive(Debug)]
pub struct ChunkedDecoder {
    signed: Option<Seed>,
    trailer_signed: bool,
    expected: Option<u64>,
    decoded: u64,
    state: State,
    line: Vec<u8>,
    digest: Sha256,
    signature: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the line that begins a chunk.
    Line,
    /// In data, this many bytes before its end.
    Data(u64),
    /// In the line end after data.
    AfterData,
    /// Behind the chunk of no bytes.
    Trailers,
}

impl ChunkedDecoder {
    /// A decoder for a body of the claim's kind. `seed` is what [`super::verify`] gave for the request, `decoded_length` the header
    /// `x-amz-decoded-content-length`.
    pub fn new(claim: &Claim, seed: &Seed, decoded_length: Option<u64>) -> Self {
        let signed = matches!(claim.payload, Payload::StreamingSigned | Payload::StreamingSignedTrailer);
        Self {
            trailer_signed: claim.payload == Payload::StreamingSignedTrailer,
            ..Self::with(signed.then(|| seed.clone()), decoded_length)
        }
    }

    /// A decoder for a body without signatures.
    pub fn unsigned(decoded_length: Option<u64>) -> Self {
        Self::with(None, decoded_length)
    }

    fn with(signed: Option<Seed>, expected: Option<u64>) -> Self {
        Self {
            signed,
            trailer_signed: false,
            expected,
            decoded: 0,
            state: State::Line,
            line: Vec::new(),
            digest: Sha256::new(),
            signature: String::new(),
        }
    }

    /// Takes bytes of the body, gives the data in them.
    pub fn push(&mut self, bytes: impl Into<Bytes>) -> Result<Vec<Bytes>, AwsError> {
        let mut bytes = bytes.into();
        let mut out = Vec::new();
        while !bytes.is_empty() {
            match self.state {
                State::Line => {
                    let line = take_line(&mut self.line, &mut bytes, LONGEST_LINE)?;
                    if let Some(line) = line {
                        self.begin(&line)?;
                    }
                }
                State::Data(left) => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let data = bytes.split_to(length);
                    if self.signed.is_some() {
                        self.digest.update(&data);
                    }
                    let left = left - data.len() as u64;
                    self.decoded += data.len() as u64;
                    if self.expected.is_some_and(|expected| self.decoded > expected) {
                        return Err(incomplete());
                    }
                    out.push(data);
                    self.state = if left == 0 { State::AfterData } else { State::Data(left) };
                    if left == 0 {
                        self.end_chunk()?;
                    }
                }
                State::AfterData => {
                    if let Some(line) = take_line(&mut self.line, &mut bytes, 2)? {
                        if !line.is_empty() {
                            return Err(malformed());
                        }
                        self.state = State::Line;
                    }
                }
                State::Trailers => {
                    if self.line.len() + bytes.len() > LONGEST_TRAILERS {
                        return Err(malformed());
                    }
                    self.line.extend_from_slice(&bytes);
                    bytes.clear();
                }
            }
        }
        Ok(out)
    }

    /// Ends the body: its trailers, with names in lower case.
    pub fn finish(self) -> Result<Vec<(String, String)>, AwsError> {
        if self.state != State::Trailers || self.expected.is_some_and(|expected| expected != self.decoded) {
            return Err(incomplete());
        }
        let text = std::str::from_utf8(&self.line).map_err(|_| malformed())?;
        let mut trailers = Vec::new();
        let mut signature = None;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            if name == "x-amz-trailer-signature" {
                signature = Some(value.to_owned());
            } else {
                trailers.push((name, value.to_owned()));
            }
        }
        if let Some(seed) = self.signed.filter(|_| self.trailer_signed) {
            let canonical: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
            let to_sign =
                format!("AWS4-HMAC-SHA256-TRAILER\n{}{}\n{}", seed.preamble, seed.signature, sha256_hex(canonical.as_bytes()));
            if !signature.is_some_and(|signature| matches(&seed.key, to_sign.as_bytes(), &signature)) {
                return Err(mismatch(true));
            }
        }
        Ok(trailers)
    }

    fn begin(&mut self, line: &[u8]) -> Result<(), AwsError> {
        let line = std::str::from_utf8(line).map_err(|_| malformed())?;
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let size = size.trim();
        if size.is_empty() || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        let size = u64::from_str_radix(size, 16).ok().filter(|size| *size <= LARGEST_CHUNK).ok_or_else(malformed)?;
        if self.signed.is_some() {
            let signature = extension.trim().strip_prefix("chunk-signature=").ok_or_else(malformed)?;
            signature.clone_into(&mut self.signature);
        }
        if size == 0 {
            self.end_chunk()?;
            self.state = State::Trailers;
        } else {
            self.state = State::Data(size);
        }
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), AwsError> {
        let Some(seed) = &mut self.signed else { return Ok(()) };
        let digest = hex::encode(self.digest.finalize_reset());
        let to_sign = format!("AWS4-HMAC-SHA256-PAYLOAD\n{}{}\n{}\n{digest}", seed.preamble, seed.signature, sha256_hex(b""));
        if !matches(&seed.key, to_sign.as_bytes(), &self.signature) {
            return Err(mismatch(true));
        }
        seed.signature = std::mem::take(&mut self.signature);
        Ok(())
    }
}

/// Takes a line (without its end) when it is complete, else keeps what there is.
fn take_line(line: &mut Vec<u8>, bytes: &mut Bytes, longest: usize) -> Result<Option<Vec<u8>>, AwsError> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let part = bytes.split_to(end.map_or(bytes.len(), |end| end + 1));
    if line.len() + part.len() > longest {
        return Err(malformed());
    }
    line.extend_from_slice(&part);
    if end.is_none() {
        return Ok(None);
    }
    let mut found = std::mem::take(line);
    found.pop();
    if found.last() == Some(&b'\r') {
        found.pop();
    }
    Ok(Some(found))
}

fn malformed() -> AwsError {
    AwsError::new("InvalidRequest", 400, "The body is not a valid aws-chunked stream")
}

fn incomplete() -> AwsError {
    AwsError::new(
        "IncompleteBody",
        400,
        "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header",
    )
}
