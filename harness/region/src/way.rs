//! The way from instances to the region: a route that is gone for a while, or for good.
//!
//! Nothing that was sent is lost, since TCP sends it again: what is under way stands still until the way is back, or until either end has
//! waited long enough. The metadata service is on the instance's own link, and stays.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lasting {
    /// From now on.
    Time(Duration),
    /// For good.
    Always,
}

/// Whether there is a way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Open,
    ClosedUntil(Instant),
    Closed,
}

/// The ways of all instances.
#[derive(Debug, Default)]
pub struct Ways(Mutex<HashMap<String, watch::Sender<Way>>>);

impl Ways {
    fn with<T>(&self, instance: &str, act: impl FnOnce(&watch::Sender<Way>) -> T) -> T {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(ways.entry(instance.to_owned()).or_insert_with(|| watch::channel(Way::Open).0))
    }

    /// Closes the way of an instance, now and after a reboot.
    pub fn close(&self, instance: &str, lasting: Lasting) {
        let way = match lasting {
            Lasting::Always => Way::Closed,
            Lasting::Time(time) => Instant::now().checked_add(time).map_or(Way::Closed, Way::ClosedUntil),
        };
        self.with(instance, |sender| sender.send_replace(way));
    }

    /// Opens all ways.
    pub fn open_all(&self) {
        for way in self.0.lock().unwrap_or_else(PoisonError::into_inner).values() {
            way.send_replace(Way::Open);
        }
    }

    /// A connection of an instance, which stands still for as long as there is no way.
    pub(crate) fn carry<S>(&self, instance: &str, stream: S) -> OnItsWay<S> {
        OnItsWay { stream, way: self.with(instance, watch::Sender::subscribe), waiting: None }
    }
}

/// Returns when there is a way; without anybody who could open it there is one.
async fn opened(mut way: watch::Receiver<Way>) {
    loop {
        let now = *way.borrow_and_update();
        match now {
            Way::Open => return,
            Way::ClosedUntil(time) if Instant::now() >= time => return,
            Way::ClosedUntil(time) => tokio::select! {
                () = sleep_until(time) => return,
                changed = way.changed() => if changed.is_err() { return },
            },
            Way::Closed => {
                if way.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A stream that is neither read nor written while there is no way. One task has both ends.
pub(crate) struct OnItsWay<S> {
    stream: S,
    way: watch::Receiver<Way>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S: Unpin> OnItsWay<S> {
    /// The stream, once there is a way.
    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<Pin<&mut S>> {
        if self.waiting.is_none() && *self.way.borrow() != Way::Open {
            self.waiting = Some(Box::pin(opened(self.way.clone())));
        }
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        Poll::Ready(Pin::new(&mut self.stream))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for OnItsWay<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context)).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for OnItsWay<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_stream(context)).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context)).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn what_is_under_way_stands_still_until_the_way_is_back() {
        let ways = Ways::default();
        let (mut client, server) = duplex(64);
        let mut carried = ways.carry("i-1", server);
        client.write_all(b"a").await.unwrap();
        assert_eq!(carried.read_u8().await.unwrap(), b'a');

        ways.close("i-1", Lasting::Time(MOMENT * 2));
        client.write_all(b"b").await.unwrap();
        let begun = Instant::now();
        assert_eq!(carried.read_u8().await.unwrap(), b'b');
        assert!(begun.elapsed() >= MOMENT);

        ways.close("i-1", Lasting::Always);
        assert!(timeout(MOMENT, carried.write_all(b"c")).await.is_err());
        assert!(timeout(MOMENT, client.read_u8()).await.is_err());
        ways.open_all();
        carried.write_all(b"d").await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'd');
    }

    #[tokio::test]
    async fn others_have_their_own_way_and_a_new_connection_has_none_either() {
        let ways = Ways::default();
        ways.close("i-1", Lasting::Always);
        for (instance, arrives) in [("i-1", false), ("i-2", true)] {
            let (mut client, server) = duplex(64);
            client.write_all(b"a").await.unwrap();
            let mut carried = ways.carry(instance, server);
            assert_eq!(timeout(MOMENT, carried.read_u8()).await.is_ok(), arrives, "{instance}");
        }
    }

    #[tokio::test]
    async fn what_closes_a_way_later_counts() {
        let ways = Ways::default();
        let (mut client, server) = duplex(64);
        let mut carried = ways.carry("i-1", server);
        ways.close("i-1", Lasting::Always);
        client.write_all(b"a").await.unwrap();
        assert!(timeout(MOMENT, carried.read_u8()).await.is_err());
        let begun = Instant::now();
        ways.close("i-1", Lasting::Time(MOMENT));
        assert_eq!(carried.read_u8().await.unwrap(), b'a');
        assert!(begun.elapsed() >= MOMENT);
    }
}
