//! Bodies on their way to a store: as long as was said, in chunks where a checksum follows.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use nightproof_core::service::{AwsError, Body};

/// The data of each chunk but the last; S3 takes no smaller ones than 8 KiB.
const CHUNK: usize = 64 * 1024;

/// Gives a request its body of `length` bytes, and the headers that speak of it. With a `trailer`, what follows the body's data under this
/// name is sent along, for the store to verify and keep.
pub(super) fn frame(headers: &mut HeaderMap, body: Body, length: u64, trailer: Option<&str>) -> Result<Body, AwsError> {
    let Some(name) = trailer else {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        return Ok(exactly(body, length));
    };
    let size =
        checksum_length(name).ok_or_else(|| malformed("The value specified in the x-amz-trailer header is not supported"))?;
    let announced = HeaderValue::from_str(name).map_err(|_| malformed("The trailer's name is no header's name"))?;
    let trailer = HeaderName::try_from(name).map_err(|_| malformed("The trailer's name is no header's name"))?;
    headers.insert("x-amz-trailer", announced);
    headers.insert("x-amz-decoded-content-length", HeaderValue::from(length));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(framed_length(length, name.len(), size)));
    Ok(chunked(body, length, trailer, size))
}

/// The length of a checksum in base64, by its header.
fn checksum_length(name: &str) -> Option<usize> {
    Some(match name.strip_prefix("x-amz-checksum-")? {
        "crc32" | "crc32c" => 8,
        "crc64nvme" => 12,
        "sha1" => 28,
        "sha256" => 44,
        _ => return None,
    })
}

fn framed_length(length: u64, name: usize, checksum: usize) -> u64 {
    let one = |size: u64| format!("{size:x}").len() as u64 + 2 + size + 2;
    let (whole, rest) = (length / CHUNK as u64, length % CHUNK as u64);
    let last = if rest == 0 { 0 } else { one(rest) };
    // 0, the trailer, and an empty line.
    whole * one(CHUNK as u64) + last + 3 + (name + 1 + checksum + 2) as u64 + 2
}

/// A body and what is still expected of it.
struct Source {
    body: Body,
    left: u64,
    trailers: HeaderMap,
}

impl Source {
    /// The next data; `None` at the end, when as much came as was said.
    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        while let Some(frame) = self.body.frame().await {
            match frame?.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => {
                    self.left = self.left.checked_sub(data.len() as u64).ok_or_else(|| broken(incomplete()))?;
                    return Ok(Some(data));
                }
                Err(frame) => self.trailers.extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        if self.left == 0 { Ok(None) } else { Err(broken(incomplete())) }
    }
}

fn exactly(body: Body, length: u64) -> Body {
    let source = Source { body, left: length, trailers: HeaderMap::new() };
    let frames = futures_util::stream::unfold(Some(source), |source| async {
        let mut source = source?;
        match source.next().await {
            Ok(Some(data)) => Some((Ok(Frame::data(data)), Some(source))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

fn chunked(body: Body, length: u64, trailer: HeaderName, size: usize) -> Body {
    let source = Source { body, left: length, trailers: HeaderMap::new() };
    let frames = futures_util::stream::unfold(Some((source, BytesMut::new())), move |state| {
        let trailer = trailer.clone();
        async move {
            let (mut source, mut waiting) = state?;
            while waiting.len() < CHUNK {
                match source.next().await {
                    Ok(Some(data)) => waiting.extend_from_slice(&data),
                    Ok(None) => {
                        let end = ending(&waiting, &source.trailers, &trailer, size).map(Frame::data);
                        return Some((end, None));
                    }
                    Err(error) => return Some((Err(error), None)),
                }
            }
            let chunk = waiting.split_to(CHUNK);
            Some((Ok(Frame::data(framed(&chunk))), Some((source, waiting))))
        }
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

fn framed(data: &[u8]) -> Bytes {
    let mut out = format!("{:x}\r\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
    out.into()
}

/// The last data, the empty chunk, and the checksum.
fn ending(rest: &[u8], trailers: &HeaderMap, name: &HeaderName, size: usize) -> std::io::Result<Bytes> {
    let value = trailers.get(name).map(HeaderValue::as_bytes).filter(|value| value.len() == size).ok_or_else(|| {
        broken(malformed(
            "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        ))
    })?;
    let mut out = if rest.is_empty() { Vec::new() } else { framed(rest).to_vec() };
    out.extend_from_slice(format!("0\r\n{name}:").as_bytes());
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n\r\n");
    Ok(out.into())
}

fn broken(error: AwsError) -> std::io::Error {
    std::io::Error::other(error)
}

fn malformed(message: &str) -> AwsError {
    AwsError::new("MalformedTrailerError", 400, message)
}

fn incomplete() -> AwsError {
    AwsError::new("IncompleteBody", 400, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_core::service::full_body;

    async fn sent(body: Body) -> Result<Bytes, AwsError> {
        match body.collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) => Err(error.get_ref().and_then(|inner| inner.downcast_ref::<AwsError>()).cloned().expect("an AWS error")),
        }
    }

    fn with_trailer(data: &[u8], value: Option<&str>) -> Body {
        let mut trailers = HeaderMap::new();
        if let Some(value) = value {
            trailers.insert("x-amz-checksum-crc32", value.parse().expect("value"));
        }
        let data = data.chunks(1000).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect::<Vec<_>>();
        let frames = data.into_iter().chain([Ok::<_, std::io::Error>(Frame::trailers(trailers))]);
        StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync()
    }

    #[tokio::test]
    async fn what_is_announced_is_what_is_sent() {
        for length in [0, 1, 999, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 200_000] {
            let data = vec![7_u8; length];
            let mut headers = HeaderMap::new();
            let body = with_trailer(&data, Some("y/Q5Jg=="));
            let framed = frame(&mut headers, body, length as u64, Some("x-amz-checksum-crc32")).expect("framed");
            let sent = sent(framed).await.expect("sent");
            assert_eq!(headers[CONTENT_LENGTH], sent.len().to_string().as_str(), "{length}");
            assert!(sent.ends_with(b"\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n") || length == 0);
            let plain = sent.iter().filter(|byte| **byte == 7).count();
            assert_eq!(plain, length);
        }
        let mut headers = HeaderMap::new();
        let plain = frame(&mut headers, full_body("abc"), 3, None).expect("plain");
        assert_eq!(
            (sent(plain).await.expect("sent"), &headers[CONTENT_LENGTH]),
            (Bytes::from_static(b"abc"), &HeaderValue::from(3))
        );
    }

    #[tokio::test]
    async fn bodies_of_another_length_and_checksums_that_do_not_come_break_off() {
        for length in [2, 4] {
            let body = frame(&mut HeaderMap::new(), full_body("abc"), length, None).expect("a body");
            assert_eq!(sent(body).await.expect_err("broken off").code, "IncompleteBody", "{length}");
        }
        for value in [None, Some("short")] {
            let body =
                frame(&mut HeaderMap::new(), with_trailer(b"abc", value), 3, Some("x-amz-checksum-crc32")).expect("a body");
            assert_eq!(sent(body).await.expect_err("broken off").code, "MalformedTrailerError");
        }
        let unknown = frame(&mut HeaderMap::new(), full_body(""), 0, Some("x-amz-checksum-md4")).map(drop);
        assert_eq!(unknown.expect_err("unknown").code, "MalformedTrailerError");
    }
}
