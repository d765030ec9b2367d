//! The way from instances to the region: a route that is gone for a while, or for good, by a fault or by the VPC's own records.
//!
//! Nothing that was sent is lost, since TCP sends it again: what is under way stands still until the way is back, or until either end has
//! waited long enough. The metadata service is on the instance's own link, and stays.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use nightproof_core::outage::{Outages, Watch};
use nightproof_core::per_instance::PerInstance;
use nightproof_machine_protocol::link::Link;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// A connection of an instance, which stands still for as long as there is no way, or no link.
pub(crate) fn carry<S>(ways: &Outages, links: &PerInstance<Link>, instance: &str, stream: S) -> OnItsWay<S> {
    OnItsWay { stream, way: ways.watch(instance), link: links.watch(instance), waiting: None }
}

/// A stream that is neither read nor written while there is no way. One task has both ends.
pub(crate) struct OnItsWay<S> {
    stream: S,
    way: Watch,
    link: watch::Receiver<Link>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S: Unpin> OnItsWay<S> {
    /// The stream, once there is a way.
    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<Pin<&mut S>> {
        if self.waiting.is_none() && !(self.way.is_there() && self.link.borrow().endpoints) {
            let (way, mut link) = (self.way.clone(), self.link.clone());
            self.waiting = Some(Box::pin(async move {
                // Nobody can open it any more: the region has ended.
                let _ = link.wait_for(|link| link.endpoints).await;
                way.ended().await;
            }));
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
    use tokio::time::{Instant, timeout};

    use super::*;
    use nightproof_core::outage::Lasting;

    const MOMENT: std::time::Duration = std::time::Duration::from_millis(50);

    fn open() -> PerInstance<Link> {
        PerInstance::new(Link::OPEN)
    }

    #[tokio::test]
    async fn what_is_under_way_stands_still_while_the_vpc_has_no_link() {
        let links = open();
        let (mut client, server) = duplex(64);
        let mut carried = carry(&Outages::default(), &links, "i-1", server);
        client.write_all(b"a").await.unwrap();
        links.update("i-1", Link { endpoints: false, ..Link::OPEN });
        assert!(timeout(MOMENT, carried.read_u8()).await.is_err());
        links.update("i-1", Link { names: false, ..Link::OPEN });
        assert_eq!(carried.read_u8().await.unwrap(), b'a', "a name that was found is not asked for again");
    }

    #[tokio::test]
    async fn what_is_under_way_stands_still_until_the_way_is_back() {
        let ways = Outages::default();
        let (mut client, server) = duplex(64);
        let mut carried = carry(&ways, &open(), "i-1", server);
        client.write_all(b"a").await.unwrap();
        assert_eq!(carried.read_u8().await.unwrap(), b'a');

        ways.begin("i-1", Lasting::Time(MOMENT * 2));
        client.write_all(b"b").await.unwrap();
        let begun = Instant::now();
        assert_eq!(carried.read_u8().await.unwrap(), b'b');
        assert!(begun.elapsed() >= MOMENT);

        ways.begin("i-1", Lasting::Always);
        assert!(timeout(MOMENT, carried.write_all(b"c")).await.is_err());
        assert!(timeout(MOMENT, client.read_u8()).await.is_err());
        ways.end_all();
        carried.write_all(b"d").await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'd');
    }

    #[tokio::test]
    async fn others_have_their_own_way_and_a_new_connection_has_none_either() {
        let ways = Outages::default();
        ways.begin("i-1", Lasting::Always);
        for (instance, arrives) in [("i-1", false), ("i-2", true)] {
            let (mut client, server) = duplex(64);
            client.write_all(b"a").await.unwrap();
            let mut carried = carry(&ways, &open(), instance, server);
            assert_eq!(timeout(MOMENT, carried.read_u8()).await.is_ok(), arrives, "{instance}");
        }
    }

    #[tokio::test]
    async fn what_closes_a_way_later_counts() {
        let ways = Outages::default();
        let (mut client, server) = duplex(64);
        let mut carried = carry(&ways, &open(), "i-1", server);
        ways.begin("i-1", Lasting::Always);
        client.write_all(b"a").await.unwrap();
        assert!(timeout(MOMENT, carried.read_u8()).await.is_err());
        let begun = Instant::now();
        ways.begin("i-1", Lasting::Time(MOMENT));
        assert_eq!(carried.read_u8().await.unwrap(), b'a');
        assert!(begun.elapsed() >= MOMENT);
    }
}
