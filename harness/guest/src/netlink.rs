//! The few messages to the kernel's routing that a machine's network takes: <https://docs.kernel.org/userspace-api/netlink/intro.html>.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, send, socket};

/// `VETH_INFO_PEER` of `linux/veth.h`, which libc does not have.
const VETH_INFO_PEER: u16 = 1;

/// A socket to the routing of the network namespace that its thread was in when it was opened.
pub(crate) struct Routing(OwnedFd);

impl Routing {
    pub(crate) fn open() -> io::Result<Self> {
        // The first protocol of netlink is routing.
        Ok(Self(socket(AddressFamily::NETLINK, SocketType::RAW, None)?))
    }

    /// Makes a pair of interfaces, each the other end's wire: one here, its peer in `there`, a network namespace.
    pub(crate) fn pair(&self, here: &str, (peer, there): (&str, BorrowedFd<'_>), mtu: u32) -> io::Result<()> {
        let ends = |name: &str| {
            [attribute(libc::IFLA_IFNAME, &zero_ended(name)), attribute(libc::IFLA_MTU, &mtu.to_ne_bytes())].concat()
        };
        let namespace = attribute(libc::IFLA_NET_NS_FD, &there.as_raw_fd().to_ne_bytes());
        let peer = attribute(VETH_INFO_PEER, &[interface(0, 0), ends(peer), namespace].concat());
        let kind = attribute(libc::IFLA_INFO_KIND, b"veth");
        let link = attribute(libc::IFLA_LINKINFO, &[kind, attribute(libc::IFLA_INFO_DATA, &peer)].concat());
        self.ask(libc::RTM_NEWLINK, libc::NLM_F_CREATE | libc::NLM_F_EXCL, &[interface(0, 0), ends(here), link].concat())
    }

    /// Brings an interface up.
    pub(crate) fn bring_up(&self, name: &str) -> io::Result<()> {
        let up = u32::try_from(libc::IFF_UP).unwrap_or_default();
        self.ask(libc::RTM_NEWLINK, 0, &interface(self.index(name)?, up))
    }

    /// Gives an interface `address`, and a way to `peer` with it.
    pub(crate) fn address(&self, name: &str, address: Ipv4Addr, peer: Ipv4Addr) -> io::Result<()> {
        let family = u8::try_from(libc::AF_INET).unwrap_or_default();
        // struct ifaddrmsg: family, length of the prefix, flags, scope, index.
        let mut body = vec![family, 32, 0, libc::RT_SCOPE_UNIVERSE];
        body.extend(self.index(name)?.to_ne_bytes());
        body.extend(attribute(libc::IFA_LOCAL, &address.octets()));
        body.extend(attribute(libc::IFA_ADDRESS, &peer.octets()));
        self.ask(libc::RTM_NEWADDR, libc::NLM_F_CREATE | libc::NLM_F_EXCL, &body)
    }

    fn index(&self, name: &str) -> io::Result<u32> {
        Ok(rustix::net::netdevice::name_to_index(&self.0, name)?)
    }

    /// Sends a request and waits for its acknowledgement.
    fn ask(&self, kind: u16, flags: libc::c_int, body: &[u8]) -> io::Result<()> {
        let flags = u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags).unwrap_or_default();
        let length = u32::try_from(HEADER + body.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        // struct nlmsghdr: length, kind, flags, sequence, sender.
        let mut message = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 8]].concat();
        message.extend(body);
        send(&self.0, &message, SendFlags::empty())?;
        let mut answer = [0_u8; 4096];
        let (_, length) = recv(&self.0, &mut answer, RecvFlags::empty())?;
        // An acknowledgement is an error of number 0: struct nlmsgerr follows its header.
        let number = answer.get(..length).and_then(|answer| answer.get(HEADER..)?.first_chunk::<4>());
        match number.map(|number| i32::from_ne_bytes(*number)) {
            Some(0) => Ok(()),
            Some(number) => Err(io::Error::from_raw_os_error(-number)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Bytes of a message before its body.
const HEADER: usize = 16;

/// struct ifinfomsg: family, type, index, flags, and which of the flags are meant.
fn interface(index: u32, flags: u32) -> Vec<u8> {
    [[0; 4], index.to_ne_bytes(), flags.to_ne_bytes(), flags.to_ne_bytes()].concat()
}

/// struct rtattr: length, kind, value; the next one begins at a multiple of 4.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    let mut attribute = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    attribute
}

fn zero_ended(name: &str) -> Vec<u8> {
    [name.as_bytes(), &[0]].concat()
}
