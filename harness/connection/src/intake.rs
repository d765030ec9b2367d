//! Request bodies, and whether they were read to their end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use parking_lot::{Mutex, MutexGuard};

/// A request's body as its handler reads it. It breaks off once the request has been answered.
pub struct Intake(Arc<Mutex<State>>);

/// The connection's hold on a body that a handler reads.
pub(super) struct Hold(Arc<Mutex<State>>);

struct State {
    /// The body, while there is more to be read.
    rest: Option<Incoming>,
    /// Whether all of it was read.
    whole: bool,
    reader: Option<Waker>,
}

impl Intake {
    /// Splits `body` into what the handler reads and what the connection keeps.
    pub(super) fn new(body: Incoming) -> (Self, Hold) {
        let whole = body.is_end_stream();
        let state = Arc::new(Mutex::new(State { rest: Some(body), whole, reader: None }));
        (Self(Arc::clone(&state)), Hold(state))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl Hold {
    /// Ends the body, whoever still reads it, and returns whether it was read to its end. What is left of it is not asked for: that would
    /// send `100 Continue` to a client that is being refused.
    pub(super) fn end(self) -> bool {
        let mut state = self.0.lock();
        let (rest, reader, whole) = (state.rest.take(), state.reader.take(), state.whole);
        drop(state);
        drop(rest);
        if let Some(reader) = reader {
            reader.wake();
        }
        whole
    }
}

impl Body for Intake {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let mut state = self.state();
        let Some(rest) = state.rest.as_mut() else {
            let broken_off =
                io::Error::new(io::ErrorKind::BrokenPipe, "the request was answered before all of its body was read");
            return Poll::Ready((!state.whole).then_some(Err(broken_off)));
        };
        let polled = Pin::new(&mut *rest).poll_frame(context);
        let ended = rest.is_end_stream();
        match polled {
            Poll::Pending => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => {
                state.whole |= ended;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                state.rest = None;
                Poll::Ready(Some(Err(io::Error::other(error))))
            }
            Poll::Ready(None) => {
                state.whole = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.state().whole
    }

    fn size_hint(&self) -> SizeHint {
        self.state().rest.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
