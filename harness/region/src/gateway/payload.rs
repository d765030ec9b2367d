//! Request payloads: read whole where an operation needs the document, streamed where it is an object.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use firedrill_wire::sigv4::{ChunkedDecoder, Payload};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use sha2::{Digest as _, Sha256};

use crate::service::{AwsError, Body};

/// The largest document that is read into memory: Lambda's 50 MB of inline code, in base64.
const DOCUMENT_LIMIT: usize = 70 * 1024 * 1024;

/// Reads a whole body.
pub(super) async fn read(body: Body) -> Result<Bytes, AwsError> {
    match Limited::new(body, DOCUMENT_LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(AwsError::new("RequestEntityTooLarge", 413, format!("Request must be smaller than {DOCUMENT_LIMIT} bytes")))
        }
        Err(error) => match error.downcast::<io::Error>() {
            Ok(error) => Err(cause(*error)),
            Err(error) => Err(AwsError::new("IncompleteBody", 400, format!("The request body could not be read: {error}"))),
        },
    }
}

/// The AWS error inside an error of a streamed body, or `IncompleteBody` when the client stopped sending.
pub(crate) fn cause(error: io::Error) -> AwsError {
    let text = error.to_string();
    match error.into_inner().map(|inner| inner.downcast::<AwsError>()) {
        Some(Ok(error)) => *error,
        _ => AwsError::new(
            "IncompleteBody",
            400,
            format!("You did not provide the number of bytes specified by the Content-Length HTTP header: {text}"),
        ),
    }
}

/// The payload of a request as its receiver sees it: chunk framing removed and checked, a declared hash verified at the end.
/// Errors of the stream carry an [`AwsError`]; see [`cause`].
pub(super) fn decoded(body: Incoming, payload: Option<&Payload>, decoder: Option<ChunkedDecoder>) -> Body {
    let check = match (payload, decoder) {
        (_, Some(decoder)) => Check::Chunked(Box::new(decoder)),
        (Some(Payload::Sha256(expected)), None) => Check::Sha256(Sha256::new(), expected.clone()),
        _ => Check::Nothing,
    };
    Checked { body, check, ready: Vec::new(), ended: false }.boxed_unsync()
}

enum Check {
    Nothing,
    Sha256(Sha256, String),
    Chunked(Box<ChunkedDecoder>),
}

struct Checked {
    body: Incoming,
    check: Check,
    /// Decoded pieces not handed out yet, last first.
    ready: Vec<Bytes>,
    ended: bool,
}

impl Checked {
    fn accept(&mut self, data: Bytes) -> Result<(), AwsError> {
        match &mut self.check {
            Check::Nothing => self.ready.push(data),
            Check::Sha256(hasher, _) => {
                hasher.update(&data);
                self.ready.push(data);
            }
            Check::Chunked(decoder) => {
                self.ready = decoder.push(data)?;
                self.ready.reverse();
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Option<HeaderMap>, AwsError> {
        match std::mem::replace(&mut self.check, Check::Nothing) {
            Check::Nothing => Ok(None),
            Check::Sha256(hasher, expected) => {
                let found = hex::encode(hasher.finalize());
                if found == expected {
                    return Ok(None);
                }
                Err(AwsError::new(
                    "XAmzContentSHA256Mismatch",
                    400,
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                )
                .with("ClientComputedContentSHA256", expected)
                .with("S3ComputedContentSHA256", found))
            }
            Check::Chunked(decoder) => {
                let mut headers = HeaderMap::new();
                for (name, value) in decoder.finish()? {
                    if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), http::HeaderValue::try_from(value)) {
                        headers.insert(name, value);
                    }
                }
                Ok((!headers.is_empty()).then_some(headers))
            }
        }
    }
}

impl http_body::Body for Checked {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(data) = self.ready.pop() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.accept(data).map_err(io::Error::other)?;
                    }
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(io::Error::other(error))));
                }
                None => {
                    self.ended = true;
                    if let Some(trailers) = self.finish().map_err(io::Error::other)? {
                        return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                    }
                }
            }
        }
    }
}
