//! Whether a body on its way still moves: a large one may take any time, on a line that is slow.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt as _;
use nightproof_core::service::Body;
use parking_lot::Mutex;
use tokio::time::Instant;

/// When the body last moved.
pub(super) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    /// Of a body that begins now; the body to send in its place.
    pub(super) fn of(body: Body) -> (Self, Body) {
        let last = Arc::new(Mutex::new(Instant::now()));
        let noted = Arc::clone(&last);
        let note = move |_: &Frame<Bytes>| *noted.lock() = Instant::now();
        (Self(last), body.inspect_frame(note).boxed_unsync())
    }

    /// Waits for an answer; `None` when neither it came nor the body moved for this long.
    pub(super) async fn answer<T>(&self, patience: Duration, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = std::pin::pin!(answer);
        loop {
            let seen = self.last();
            tokio::select! {
                biased;
                answered = &mut answer => return Some(answered),
                () = tokio::time::sleep_until(seen + patience) => if self.last() == seen { return None },
            }
        }
    }

    fn last(&self) -> Instant {
        *self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;

    const PATIENCE: Duration = Duration::from_millis(200);

    /// A body of so many frames, each of which takes three quarters of the patience.
    fn slow(frames: u32) -> Body {
        let stream = futures_util::stream::unfold(frames, |left| async move {
            tokio::time::sleep(PATIENCE * 3 / 4).await;
            left.checked_sub(1).map(|left| (Ok(Frame::data(Bytes::from_static(b"x"))), left))
        });
        StreamBody::new(stream).boxed_unsync()
    }

    #[tokio::test]
    async fn a_body_may_take_longer_than_the_patience() {
        let (progress, body) = Progress::of(slow(4));
        let sent = progress.answer(PATIENCE, body.collect()).await.expect("an answer").expect("a body");
        assert_eq!(sent.to_bytes(), "xxxx");
    }

    #[tokio::test]
    async fn one_that_does_not_move_is_given_up() {
        let (progress, _body) = Progress::of(slow(1));
        assert_eq!(progress.answer(PATIENCE, std::future::pending::<()>()).await, None);
    }
}
