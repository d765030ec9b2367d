//! Connections that programs in an instance make, and where they lead.

use std::sync::Arc;

use nightproof_core::outage::Watch;
use nightproof_core::vpc_origin::InstanceOrigin;
use nightproof_machine::{Channel, Connections};
use nightproof_machine_protocol::link::Link;
use nightproof_machine_protocol::order::{SERVICE_START, SERVICE_STOP};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::watch;

use crate::imds;
use crate::instance_handle::InstanceHandle;

/// Takes the connections of one instance's machine.
pub(crate) struct InstanceConnections(pub(crate) Arc<InstanceHandle>);

impl Connections for InstanceConnections {
    fn connected(&self, channel: Channel, stream: UnixStream) {
        let Self(instance) = self;
        let region = &instance.region;
        match channel {
            // Port 443 of an AWS name: the region's gateway, from the instance's address.
            Channel::Https => {
                let source = instance.ec2.source_ip(&instance.account, &instance.id);
                let stream = nightproof_vpc_link::carry(region.link_outages(), &instance.ec2.links, &instance.id, stream);
                let origin = InstanceOrigin { account: instance.account.clone(), instance: instance.id.clone() };
                region.accept_tls(stream, source, Some(origin));
            }
            // 169.254.169.254:80: this instance's metadata.
            Channel::Imds => imds::serve(Arc::clone(instance), stream),
            // Orders for the SSM agent's service.
            Channel::Service => {
                tokio::spawn(order(region.agents().watch(&instance.id), stream));
            }
            // Its share of the processors.
            Channel::CpuShare => {
                tokio::spawn(send_cpu_shares(region.cpu_shares().watch(&instance.id), stream));
            }
            // What it starts by its own clock.
            Channel::Timers => {
                let (timers, id) = (Arc::clone(&instance.ec2.timers), instance.id.clone());
                tokio::spawn(timers.follow(id, region.clock().clone(), stream));
            }
            // An instance has no Runtime API: the connection closes.
            Channel::RuntimeApi => {}
        }
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.0.ec2.links.watch(&self.0.id)
    }

    fn metadata_hops(&self) -> u8 {
        self.0.ec2.metadata_hops(&self.0.account, &self.0.id)
    }
}

/// Sends the CPU share, and each later one, until the machine ends.
async fn send_cpu_shares<S>(mut share: watch::Receiver<u8>, mut stream: S) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let percent = *share.borrow_and_update();
        stream.write_u8(percent).await?;
        tokio::select! {
            changed = share.changed() => if changed.is_err() { return Ok(()) },
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
