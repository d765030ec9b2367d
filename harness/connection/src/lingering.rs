//! Closing a connection without destroying the answer that is on its way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// How long a client may take to send, once it was answered, what it had not sent yet.
const LINGER: Duration = Duration::from_secs(120);

/// How long it may pause meanwhile, which on a machine with much else to do it does for seconds.
const LINGER_IDLE: Duration = Duration::from_secs(30);

/// How many bytes are read and forgotten at once.
const PIECE: usize = 64 * 1024;

/// What is known of a connection from outside.
#[derive(Default)]
pub(super) struct Progress {
    /// How often bytes were read or written.
    moves: AtomicU64,
    /// Whether a request was answered before all of its body was read.
    unread: AtomicBool,
    lingers: AtomicBool,
}

impl Progress {
    pub(super) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    /// Notes that the client may still be sending what nobody wants.
    pub(super) fn note_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// Whether the connection is only kept until its client closes it, and all that the client sent was read.
    pub(super) fn is_spent(&self) -> bool {
        self.lingers.load(Ordering::Relaxed) && !self.unread.load(Ordering::Relaxed)
    }
}

/// A stream that closes in two steps. Its shutdown ends what is written, and then reads and forgets what still comes, until the client has
/// closed its end as well: a stream that is dropped with bytes unread is reset, and a client whose connection is reset loses the answer.
/// <https://www.rfc-editor.org/rfc/rfc9112#section-9.6>
pub(super) struct Lingering<S> {
    stream: S,
    progress: Arc<Progress>,
    stopping: CancellationToken,
    longest: Duration,
    longest_pause: Duration,
    closing: Closing,
}

enum Closing {
    Open,
    Lingers { end: Pin<Box<Sleep>>, idle: Pin<Box<Sleep>>, piece: Box<[u8]> },
    Closed,
}

impl<S> Lingering<S> {
    pub(super) fn new(stream: S, progress: Arc<Progress>, stopping: CancellationToken) -> Self {
        Self { stream, progress, stopping, longest: LINGER, longest_pause: LINGER_IDLE, closing: Closing::Open }
    }
}

impl<S: Unpin> Lingering<S> {
    fn moved<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Ok(_)) = polled {
            self.progress.moves.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.moved(polled)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.moved(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.moved(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.closing {
                Closing::Open => {
                    ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
                    this.progress.lingers.store(true, Ordering::Relaxed);
                    // A client may keep a connection that it does not use for as long as it likes; the region's end does not wait for it.
                    let spent = this.stopping.is_cancelled() && this.progress.is_spent();
                    this.closing = if spent { Closing::Closed } else { Closing::lingers(this.longest, this.longest_pause) };
                }
                Closing::Lingers { end, idle, piece } => {
                    let mut buffer = ReadBuf::new(piece);
                    let read = Pin::new(&mut this.stream).poll_read(context, &mut buffer);
                    let more = matches!(read, Poll::Ready(Ok(()))) && !buffer.filled().is_empty();
                    if more {
                        this.progress.moves.fetch_add(1, Ordering::Relaxed);
                        idle.as_mut().reset(Instant::now() + this.longest_pause);
                    }
                    // Both are asked, so that either wakes this task.
                    let waits = idle.as_mut().poll(context).is_pending() & end.as_mut().poll(context).is_pending();
                    if !waits || (read.is_ready() && !more) {
                        this.closing = Closing::Closed;
                    } else if read.is_pending() {
                        return Poll::Pending;
                    }
                }
                Closing::Closed => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl Closing {
    fn lingers(longest: Duration, longest_pause: Duration) -> Self {
        Self::Lingers {
            end: Box::pin(sleep(longest)),
            idle: Box::pin(sleep(longest_pause)),
            piece: vec![0; PIECE].into_boxed_slice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::timeout;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(60);

    fn lingering(longest: Duration, longest_pause: Duration) -> (DuplexStream, Lingering<DuplexStream>) {
        let (client, stream) = duplex(64);
        let lingering = Lingering::new(stream, Arc::default(), CancellationToken::new());
        (client, Lingering { longest, longest_pause, ..lingering })
    }

    #[tokio::test]
    async fn what_a_client_still_sends_is_taken_until_it_closes() {
        let (mut client, mut server) = lingering(LONG, LONG);
        server.write_all(b"answer").await.unwrap();
        let closed = tokio::spawn(async move { server.shutdown().await });
        client.write_all(&[7; 100_000]).await.expect("all of it is taken");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
        assert!(!closed.is_finished(), "the client has not closed yet");
        drop(client);
        timeout(LONG, closed).await.expect("the end").unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_client_that_pauses_or_never_ends_is_given_up() {
        let (_client, mut server) = lingering(LONG, MOMENT);
        timeout(LONG, server.shutdown()).await.expect("a client that says nothing").unwrap();
        let (mut client, mut server) = lingering(MOMENT, LONG);
        let sending = tokio::spawn(async move { while client.write_all(&[7; 64]).await.is_ok() {} });
        timeout(LONG, server.shutdown()).await.expect("a client that says too much").unwrap();
        drop(server);
        sending.await.unwrap();
    }

    #[tokio::test]
    async fn a_region_that_stops_waits_for_those_alone_who_still_send() {
        for unread in [false, true] {
            let (_client, mut server) = lingering(LONG, LONG);
            if unread {
                server.progress.note_unread();
            }
            server.stopping.cancel();
            assert_eq!(timeout(MOMENT, server.shutdown()).await.is_ok(), !unread);
        }
    }
}
