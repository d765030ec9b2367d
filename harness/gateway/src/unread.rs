//! What a client still sends when its answer is known already.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tokio::runtime::Handle;

/// How much of it is read, bytes, and for how long.
const MOST: usize = 16 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(2);

/// A request's body whose rest is read and forgotten once nobody wants it: a client that finds the connection closed while it still sends
/// may never read why.
/// <https://www.rfc-editor.org/rfc/rfc9112#section-9.6>
pub(super) struct Unread(Option<Incoming>);

impl Unread {
    pub(super) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for Unread {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        if let (Some(body), Ok(runtime)) = (self.0.take().filter(|body| !body.is_end_stream()), Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(PATIENCE, forget(Limited::new(body, MOST))));
        }
    }
}

async fn forget(mut body: Limited<Incoming>) {
    while let Some(Ok(_)) = body.frame().await {}
}
