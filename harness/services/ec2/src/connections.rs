//! Connections that programs in an instance make, and where they lead.

use std::sync::Arc;

use nightproof_core::Region;
use nightproof_core::outage::Watch;
use nightproof_machine_protocol::link::Link;
use nightproof_machine_protocol::order::{SERVICE_START, SERVICE_STOP};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;

use super::Ec2;
use super::imds;
use crate::way;

/// The outside of one instance.
pub struct InstanceConnections {
    pub(super) region: Region,
    pub(super) ec2: Arc<Ec2>,
    pub(super) account: String,
    pub(super) instance: String,
}

impl InstanceConnections {
    /// A connection to port 443 of an AWS name: it leads to the region's gateway, from the instance's address.
    pub fn https<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let source = self.ec2.source_ip(&self.account, &self.instance);
        self.region.accept_tls(way::carry(self.region.ways(), &self.ec2.links, &self.instance, stream), source);
    }

    /// A connection to 169.254.169.254:80: it leads to this instance's metadata.
    pub fn metadata<S>(self: &Arc<Self>, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        imds::serve(Arc::clone(self), stream);
    }

    /// A connection that brings orders for the SSM agent's service.
    pub fn service<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tokio::spawn(order(self.region.agents().watch(&self.instance), stream));
    }

    /// A connection that brings the pace of the instance's processors.
    pub fn pace<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tokio::spawn(order_paces(self.region.paces().watch(&self.instance), stream));
    }

    /// What the instance reaches of AWS, now and later.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.ec2.links.watch(&self.instance)
    }

    /// How many hops the answer to a request for a token may take, as the instance's options say now.
    pub fn metadata_hops(&self) -> u8 {
        self.ec2.metadata_hops(&self.account, &self.instance)
    }
}

/// Tells the pace, and each later one, until the machine ends.
async fn order_paces<S>(mut pace: watch::Receiver<u8>, mut stream: S) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let percent = *pace.borrow_and_update();
        stream.write_u8(percent).await?;
        tokio::select! {
            changed = pace.changed() => if changed.is_err() { return Ok(()) },
            // Nothing is ever said here: it is the end.
            _ = stream.read_u8() => return Ok(()),
        }
    }
}

/// Stops and starts the SSM agent as its outages say, until the machine ends. The agent starts with the machine, whatever was before.
async fn order<S>(mut agent: Watch, mut stream: S) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        tokio::select! {
            () = agent.begun() => {}
            // Nothing is ever said here: it is the end.
            _ = stream.read_u8() => return Ok(()),
        }
        stream.write_u8(SERVICE_STOP).await?;
        tokio::select! {
            () = agent.clone().ended() => {}
            _ = stream.read_u8() => return Ok(()),
        }
        stream.write_u8(SERVICE_START).await?;
    }
}
