//! The network of a machine: loopback, and one interface with its private address, behind which there is AWS and nothing else.
//!
//! AWS's addresses are in a network namespace of their own, as they are not the machine's: so the machine has all of its ports to itself,
//! and a scan of it finds what it serves and no more. Nobody runs there; the namespace lives as long as the sockets that listen in it,
//! which the machine's first process holds.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::sync::Arc;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::console;
use crate::gate::{Gate, Plugs};
use crate::link::{self, Sockets};
use crate::name_service::{self, ENDPOINTS, NOWHERE, Reached};
use crate::netlink::Routing;
use crate::relay;
use crate::unshare::unshare;

/// The DNS server of every VPC. <https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>
const NAMES: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 253);
/// The instance metadata service.
const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The machine's interface, by the name that it has on Amazon Linux in a container; and AWS's.
const MACHINE: &str = "eth0";
const AWS: &str = "aws";
/// Of a VPC. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html>
const MTU: u32 = 9001;

/// What listens on AWS's addresses.
pub(crate) struct Aws {
    names: (UdpSocket, TcpListener),
    endpoints: TcpListener,
    /// Where names of services lead that an instance does not reach.
    nowhere: TcpListener,
    metadata: TcpListener,
}

impl Aws {
    /// Answers from now on, in threads, in a machine of `region`; to an `instance` as far as its VPC has it reach AWS.
    ///
    /// # Errors
    /// Why that cannot be known, in words.
    pub(crate) fn serve(self, region: &str, instance: bool) -> Result<(), String> {
        let (names, endpoints) = (Gate::new(), Gate::new());
        let listener = self.endpoints.try_clone().map_err(|error| format!("cannot share a socket: {error}"))?;
        let reached = Reached::all(region);
        name_service::serve(self.names, Arc::clone(&names), &reached);
        relay::serve(self.endpoints, relay::HTTPS, Arc::clone(&endpoints));
        relay::serve(self.metadata, relay::IMDS, Gate::new());
        if instance {
            let nowhere = Plugs::put_for_good(&self.nowhere).map_err(|error| format!("cannot close a socket: {error}"))?;
            link::keep(Sockets::new(names, (endpoints, listener), reached, (nowhere, self.nowhere)))?;
        }
        Ok(())
    }
}

/// Tries it, and says why not. Only where there is nothing but loopback yet: nobody's network is changed.
pub(crate) fn main() -> ExitCode {
    let interfaces = std::fs::read_to_string("/proc/self/net/dev").unwrap_or_default().lines().skip(2).count();
    let tried = if interfaces == 1 { make(Ipv4Addr::LOCALHOST) } else { Err("this is somebody's network".to_owned()) };
    match tried {
        Ok(_) => ExitCode::SUCCESS,
        Err(reason) => {
            console::print(&reason);
            ExitCode::FAILURE
        }
    }
}

/// Makes the machine's network, in which it has `address`, and listens on AWS's side of it. Needs CAP_NET_ADMIN and CAP_SYS_ADMIN over
/// the network namespace, and a process with one thread. Returns in words why it cannot be.
pub(crate) fn make(address: Ipv4Addr) -> Result<Aws, String> {
    made(address).map_err(|error| {
        let remedy = match error.raw_os_error() {
            Some(libc::EOPNOTSUPP) => "; this kernel has no veth interfaces until `sudo modprobe veth`",
            _ => "",
        };
        format!("cannot make the machine's network: {error}{remedy}")
    })
}

fn made(address: Ipv4Addr) -> io::Result<Aws> {
    let machine = File::open("/proc/self/ns/net")?;
    unshare(libc::CLONE_NEWNET)?;
    let there = aws(address, &machine);
    // Back in any case: what listens there stays there.
    move_into_link_name_space(machine.as_fd(), Some(LinkNameSpaceType::Network))?;
    let there = there?;
    let routing = Routing::open()?;
    routing.bring_up("lo")?;
    for peer in [NAMES, METADATA, ENDPOINTS, NOWHERE] {
        routing.address(MACHINE, address, peer)?;
    }
    routing.bring_up(MACHINE)?;
    Ok(there)
}

/// AWS's side, in the network namespace that this process is in.
fn aws(peer: Ipv4Addr, machine: &File) -> io::Result<Aws> {
    let routing = Routing::open()?;
    routing.pair(AWS, (MACHINE, machine.as_fd()), MTU)?;
    for address in [NAMES, METADATA, ENDPOINTS, NOWHERE] {
        routing.address(AWS, address, peer)?;
    }
    routing.bring_up(AWS)?;
    Ok(Aws {
        names: (UdpSocket::bind(SocketAddrV4::new(NAMES, 53))?, TcpListener::bind(SocketAddrV4::new(NAMES, 53))?),
        endpoints: TcpListener::bind(SocketAddrV4::new(ENDPOINTS, 443))?,
        nowhere: TcpListener::bind(SocketAddrV4::new(NOWHERE, 443))?,
        metadata: TcpListener::bind(SocketAddrV4::new(METADATA, 80))?,
    })
}
