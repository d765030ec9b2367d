//! A connection from an instance or a function to the region, which a link outage or the VPC's records hold up.
//!
//! Nothing that was sent is lost, since TCP sends it again: what is in flight waits until the link is back, or until either end has timed
//! out. The metadata service is on the instance's own link and is not affected.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use nightproof_core::outage::{Outages, Watch};
use nightproof_machine_protocol::link::Link;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

use crate::Links;

/// A connection of `host`, which carries nothing during an outage or without a link to the endpoints.
pub fn carry<S>(outages: &Outages, links: &Links, host: &str, stream: S) -> UplinkStream<S> {
    UplinkStream { stream, outage: outages.watch(host), link: links.watch(host), waiting: None }
}

/// A stream that is neither read nor written during an outage. One task has both ends.
pub struct UplinkStream<S> {
    stream: S,
    outage: Watch,
    link: watch::Receiver<Link>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S: Unpin> UplinkStream<S> {
    /// The stream, once no outage holds it up.
    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<Pin<&mut S>> {
        if self.waiting.is_none() && !(self.outage.is_up() && self.link.borrow().carries()) {
            let (outage, mut link) = (self.outage.clone(), self.link.clone());
            self.waiting = Some(Box::pin(async move {
                // Nobody can open it any more: the region has ended.
                let _ = link.wait_for(Link::carries).await;
                outage.ended().await;
            }));
        }
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        Poll::Ready(Pin::new(&mut self.stream))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for UplinkStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context)).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for UplinkStream<S> {
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
    use crate::open;
    use nightproof_core::outage::Lasting;

    const MOMENT: std::time::Duration = std::time::Duration::from_millis(50);

    #[tokio::test]
    async fn what_is_in_flight_waits_while_the_vpc_has_no_link() {
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
    async fn what_is_in_flight_waits_until_the_outage_ends() {
        let outages = Outages::default();
        let (mut client, server) = duplex(64);
        let mut carried = carry(&outages, &open(), "i-1", server);
        client.write_all(b"a").await.unwrap();
        assert_eq!(carried.read_u8().await.unwrap(), b'a');

        outages.begin("i-1", Lasting::Time(MOMENT * 2));
        client.write_all(b"b").await.unwrap();
        let begun = Instant::now();
        assert_eq!(carried.read_u8().await.unwrap(), b'b');
        assert!(begun.elapsed() >= MOMENT);

        outages.begin("i-1", Lasting::Always);
        assert!(timeout(MOMENT, carried.write_all(b"c")).await.is_err());
        assert!(timeout(MOMENT, client.read_u8()).await.is_err());
        outages.end_all();
        carried.write_all(b"d").await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'd');
    }

    #[tokio::test]
    async fn an_outage_holds_up_new_connections_of_its_instance_and_of_no_other() {
        let outages = Outages::default();
        outages.begin("i-1", Lasting::Always);
        for (instance, arrives) in [("i-1", false), ("i-2", true)] {
            let (mut client, server) = duplex(64);
            client.write_all(b"a").await.unwrap();
            let mut carried = carry(&outages, &open(), instance, server);
            assert_eq!(timeout(MOMENT, carried.read_u8()).await.is_ok(), arrives, "{instance}");
        }
    }

    #[tokio::test]
    async fn a_later_outage_replaces_an_earlier_one() {
        let outages = Outages::default();
        let (mut client, server) = duplex(64);
        let mut carried = carry(&outages, &open(), "i-1", server);
        outages.begin("i-1", Lasting::Always);
        client.write_all(b"a").await.unwrap();
        assert!(timeout(MOMENT, carried.read_u8()).await.is_err());
        let begun = Instant::now();
        outages.begin("i-1", Lasting::Time(MOMENT));
        assert_eq!(carried.read_u8().await.unwrap(), b'a');
        assert!(begun.elapsed() >= MOMENT);
    }
}
