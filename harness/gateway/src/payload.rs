//! Request payloads: read whole where an operation needs the document, streamed where it is an object.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use nightproof_connection::Intake;
use nightproof_core::service::{AwsError, Body};
use nightproof_wire::sigv4::{ChunkedDecoder, Claim, Payload, Seed};
use sha2::{Digest as _, Sha256};
use tokio::time::Sleep;

/// How long a client may send nothing of a body that it began, or read nothing of it: S3 gives up after 20 seconds.
const IDLE: Duration = Duration::from_secs(20);

/// The largest document of a service that is read into memory, bytes: for Lambda 50 MB of code in base64; for S3 the longest of all, 1000
/// keys to delete; for the others ten times what the largest of them takes, a batch of log events of 1 MB, for all that JSON may escape.
pub(super) fn document_limit(service: &str) -> usize {
    const MIB: usize = 1024 * 1024;
    match service {
        "lambda" => 70_167_211,
        "s3" => 4 * MIB,
        _ => 10 * MIB,
    }
}

/// A document that is too long, in the words of its service.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>,
/// <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>
fn too_large(service: &str, limit: usize) -> AwsError {
    match service {
        "s3" => AwsError::new("MaxMessageLengthExceeded", 400, "Your request was too big."),
        _ => AwsError::new("RequestEntityTooLargeException", 413, format!("Request must be smaller than {limit} bytes")),
    }
}

/// Refuses an object whose length is not announced; S3 takes no chunks but those of a signature.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
pub(super) fn check_length(parts: &Parts) -> Result<(), AwsError> {
    if parts.headers.contains_key("x-amz-decoded-content-length") {
        return Ok(());
    }
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        let message = "A header you provided implies functionality that is not implemented";
        return Err(AwsError::new("NotImplemented", 501, message).with("Header", "Transfer-Encoding"));
    }
    if parts.headers.contains_key(header::CONTENT_LENGTH) { Ok(()) } else { Err(no_length()) }
}

/// A body that does not say how long it is.
fn no_length() -> AwsError {
    AwsError::new("MissingContentLength", 411, "You must provide the Content-Length HTTP header.")
}

/// The decoder of a payload that comes in signed chunks, if it does; the head then describes the payload instead of the chunks.
pub(super) fn chunk_decoder(
    claim: Option<&Claim>,
    seed: Option<&Seed>,
    head: &mut Parts,
) -> Result<Option<ChunkedDecoder>, AwsError> {
    if !in_chunks(claim, head) {
        return Ok(None);
    }
    unwrap_chunked_headers(head)?;
    let length = head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Some(match (claim, seed) {
        (Some(claim), Some(seed)) => ChunkedDecoder::new(claim, seed, length),
        _ => ChunkedDecoder::unsigned(length),
    }))
}

/// Whether a payload comes in chunks: by what its signature says, or by its header if nobody signed it.
pub(super) fn in_chunks(claim: Option<&Claim>, head: &Parts) -> bool {
    match claim {
        Some(claim) => claim.payload.is_chunked(),
        None => head.headers.get("x-amz-content-sha256").is_some_and(|kind| kind == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
    }
}

/// Makes the headers describe the object instead of its framing.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
fn unwrap_chunked_headers(head: &mut Parts) -> Result<(), AwsError> {
    let length = head.headers.remove("x-amz-decoded-content-length").ok_or_else(no_length)?;
    head.headers.insert(header::CONTENT_LENGTH, length);
    if let Some(encodings) = head.headers.remove(header::CONTENT_ENCODING) {
        let kept: Vec<&str> = encodings
            .to_str()
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|encoding| !encoding.is_empty() && *encoding != "aws-chunked")
            .collect();
        if let (false, Ok(value)) = (kept.is_empty(), HeaderValue::try_from(kept.join(","))) {
            head.headers.insert(header::CONTENT_ENCODING, value);
        }
    }
    Ok(())
}

/// Reads a whole body. One that says of itself that it is too long is not read at all.
pub(super) async fn read(service: &str, body: Body) -> Result<Bytes, AwsError> {
    let limit = document_limit(service);
    if http_body::Body::size_hint(&body).lower() > limit as u64 {
        return Err(too_large(service, limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(service, limit)),
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
pub(super) fn decoded(service: &str, body: Intake, payload: Option<&Payload>, decoder: Option<ChunkedDecoder>) -> Body {
    let check = match (payload, decoder) {
        (_, Some(decoder)) => Check::Chunked(Box::new(decoder)),
        (Some(Payload::Sha256(expected)), None) => Check::Sha256(Sha256::new(), expected.clone()),
        _ => Check::Nothing,
    };
    checked(body, check, timed_out(service), IDLE)
}

fn checked<B>(body: B, check: Check, late: AwsError, idle: Duration) -> Body
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + Unpin + 'static,
{
    Checked { body, check, ready: Vec::new(), ended: false, late, idle, waiting: None }.boxed_unsync()
}

/// A client that stopped sending, in the words of its service.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>,
/// <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>
fn timed_out(service: &str) -> AwsError {
    match service {
        "s3" => AwsError::new(
            "RequestTimeout",
            400,
            "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
        ),
        _ => AwsError::new("RequestTimeoutException", 408, "Reading the request timed out"),
    }
}

enum Check {
    Nothing,
    Sha256(Sha256, String),
    Chunked(Box<ChunkedDecoder>),
}

struct Checked<B> {
    body: B,
    check: Check,
    /// Decoded pieces not handed out yet, last first.
    ready: Vec<Bytes>,
    ended: bool,
    /// What is answered when nothing has come for so long.
    late: AwsError,
    idle: Duration,
    /// Runs while the client is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<B> Checked<B> {
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

impl<B> Checked<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin,
{
    /// The body's next frame, or an error if the client sends none in time.
    fn poll_client(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        let idle = self.idle;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
        ready!(waiting.as_mut().poll(context));
        self.waiting = None;
        Poll::Ready(Some(Err(io::Error::other(self.late.clone()))))
    }
}

impl<B> http_body::Body for Checked<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn size_hint(&self) -> http_body::SizeHint {
        match &self.check {
            // What is inside the framing is shorter.
            Check::Chunked(_) => http_body::SizeHint::default(),
            _ => self.body.size_hint(),
        }
    }

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(data) = self.ready.pop() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.poll_client(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.accept(data).map_err(io::Error::other)?;
                    }
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;

    fn body(pieces: Vec<usize>, then_waits: bool) -> Body {
        let sent = futures_util::stream::iter(pieces).map(|length| Ok::<_, io::Error>(Frame::data(Bytes::from(vec![0; length]))));
        let tail = futures_util::stream::poll_fn(move |_| if then_waits { Poll::Pending } else { Poll::Ready(None) });
        let stream = http_body_util::StreamBody::new(sent.chain(tail));
        checked(stream, Check::Nothing, timed_out("s3"), Duration::from_millis(20))
    }

    #[test]
    fn an_object_announces_its_length() {
        let refused = |headers: &[(&str, &str)]| {
            let request = headers.iter().fold(http::Request::builder(), |request, (name, value)| request.header(*name, *value));
            check_length(&request.body(()).unwrap().into_parts().0).err().map(|error| (error.status, error.code))
        };
        assert_eq!(refused(&[("content-length", "0")]), None);
        assert_eq!(refused(&[("transfer-encoding", "chunked"), ("x-amz-decoded-content-length", "7")]), None);
        assert_eq!(refused(&[]), Some((411, "MissingContentLength".to_owned())));
        assert_eq!(refused(&[("transfer-encoding", "chunked")]), Some((501, "NotImplemented".to_owned())));
    }

    #[tokio::test]
    async fn a_stranger_s_chunks_are_decoded() {
        let mut head = http::Request::put("/b/k")
            .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .header("x-amz-decoded-content-length", "3")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        let mut decoder = chunk_decoder(None, None, &mut head).unwrap().expect("chunks");
        assert_eq!(head.headers[header::CONTENT_LENGTH], "3");
        let sent = "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
        assert_eq!(decoder.push(Bytes::from(sent)).unwrap(), ["abc"]);
        assert_eq!(decoder.finish().unwrap(), [("x-amz-checksum-crc32".to_owned(), "NSRBwg==".to_owned())]);
    }

    #[tokio::test]
    async fn a_client_that_stops_sending_is_given_up() {
        let error = read("s3", body(vec![10], true)).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("RequestTimeout", 400));
        let error = timed_out("ssm");
        assert_eq!((error.code.as_str(), error.status), ("RequestTimeoutException", 408));
    }

    #[tokio::test]
    async fn a_document_that_is_too_long_is_refused_whether_it_says_so_or_not() {
        const MIB: usize = 1024 * 1024;
        assert_eq!(read("s3", body(vec![MIB; 4], false)).await.unwrap().len(), 4 * MIB);
        let unannounced = read("s3", body(vec![MIB; 5], false)).await.unwrap_err();
        assert_eq!(unannounced.code, "MaxMessageLengthExceeded");
        let announced = http_body_util::Full::new(Bytes::from(vec![0; 10 * MIB + 1])).map_err(|never| match never {});
        let announced = read("ssm", announced.boxed_unsync()).await.unwrap_err();
        assert_eq!((announced.code.as_str(), announced.status), ("RequestEntityTooLargeException", 413));
    }
}
