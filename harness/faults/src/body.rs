//! Payloads that break off, or arrive with a wrong byte.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use nightproof_core::service::Body;

/// `body` up to `bytes`, and then an error.
pub(super) fn cut(body: Body, bytes: u64) -> Body {
    Cut { body, left: bytes }.boxed_unsync()
}

struct Cut {
    body: Body,
    left: u64,
}

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, "a fault cut the payload off");
            return Poll::Ready(Some(Err(error)));
        }
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            other => return other,
        };
        let Ok(mut data) = frame.into_data() else { return Poll::Ready(None) };
        let keep = usize::try_from(self.left).map_or(data.len(), |left| data.len().min(left));
        data.truncate(keep);
        self.left -= keep as u64;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        // As long as it was said to be: that is what makes the end a break.
        self.body.size_hint()
    }
}

/// `body` with one bit of the byte at `offset` flipped.
pub(super) fn corrupt(body: Body, offset: u64) -> Body {
    Corrupt { body, until: Some(offset) }.boxed_unsync()
}

struct Corrupt {
    body: Body,
    /// Bytes that come before the wrong one; `None` when that has passed.
    until: Option<u64>,
}

impl HttpBody for Corrupt {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            other => return other,
        };
        let (Some(until), Some(data)) = (self.until, frame.data_ref()) else { return Poll::Ready(Some(Ok(frame))) };
        let mut bytes = data.to_vec();
        self.until = match usize::try_from(until).ok().and_then(|until| bytes.get_mut(until)) {
            Some(byte) => {
                *byte ^= 1;
                None
            }
            None => Some(until - bytes.len() as u64),
        };
        Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
