//! Ports of the machine that are carried to the region over the one unix socket.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use crate::spec::inside;

/// The line that announces connections of a kind on the socket, and how they are carried.
pub(crate) struct Channel {
    name: &'static str,
    carry: fn(&TcpStream, &str) -> io::Result<()>,
}

/// AWS's endpoints.
pub(crate) const HTTPS: Channel = Channel { name: "https\n", carry: carry_as_it_is };
/// The instance metadata service.
pub(crate) const IMDS: Channel = Channel { name: "imds\n", carry: carry_metadata };
/// The Lambda Runtime API.
pub(crate) const RUNTIME_API: Channel = Channel { name: "runtime\n", carry: carry_as_it_is };
/// How many bytes are passed on at once.
const PIECE: usize = 64 * 1024;
/// A connection that waits for one from outside.
const INBOUND: &str = "inbound\n";
/// Brings the region's orders for the SSM agent's service.
const SERVICE: &str = "service\n";
/// Brings the pace that the instance's processors keep to.
const PACE: &str = "pace\n";
/// Says that the machine is up; carries nothing, and is held open by the region for as long as the machine is to live.
pub(crate) const READY: &str = "ready\n";

/// Carries what is accepted from now on.
pub(crate) fn serve(listener: TcpListener, channel: Channel) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // A connection that cannot be carried is closed; its client sees that.
                let _ = (channel.carry)(&stream, channel.name);
            });
        }
    });
}

/// Waits on one connection to the region at a time until it names a port, and carries that connection there. Ends with the region.
pub(crate) fn take_inbound() -> io::Result<()> {
    loop {
        let mut outer = connect(INBOUND)?;
        let mut port = [0; 2];
        outer.read_exact(&mut port)?;
        let port = u16::from_be_bytes(port);
        thread::spawn(move || {
            // Nobody listens: the connection closes.
            let inner = TcpStream::connect(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
            carry(&inner, outer, copy)
        });
    }
}

/// Tells the region that the machine is up; the connection ends with the region.
pub(crate) fn announce() -> io::Result<UnixStream> {
    connect(READY)
}

/// The region's orders for the SSM agent's service, a byte each.
pub(crate) fn take_orders() -> io::Result<UnixStream> {
    connect(SERVICE)
}

/// The region's orders for the pace of the instance's processors, a byte each: percent of their time.
pub(crate) fn take_paces() -> io::Result<UnixStream> {
    connect(PACE)
}

/// A connection to the region that has said what it is for.
fn connect(channel: &str) -> io::Result<UnixStream> {
    let mut outer = UnixStream::connect(inside::SOCKET)?;
    outer.write_all(channel.as_bytes())?;
    Ok(outer)
}

fn carry_as_it_is(inner: &TcpStream, channel: &str) -> io::Result<()> {
    carry(inner, connect(channel)?, copy)
}

/// Carries a connection to the metadata service. The region first says, in one byte, how many hops the answer to a PUT may take: a
/// token must not get further than the instance's options allow, into a container's network for one.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html>
fn carry_metadata(inner: &TcpStream, channel: &str) -> io::Result<()> {
    let mut outer = connect(channel)?;
    let mut hops = [0];
    outer.read_exact(&mut hops)?;
    let [hops] = hops;
    carry(inner, outer, move |client, region| limit_tokens(client, region, hops.into()))
}

/// Passes requests on, and lets the answer to each PUT take `hops` hops. A client sends its next request when it has the answer to
/// the last, so that each begins what is read at once.
fn limit_tokens(client: &mut TcpStream, region: &mut UnixStream, hops: u32) -> io::Result<()> {
    let usual = client.ttl()?;
    let mut buffer = [0; 4096];
    loop {
        let length = client.read(&mut buffer)?;
        let Some(read) = buffer.get(..length).filter(|read| !read.is_empty()) else { return Ok(()) };
        client.set_ttl(if read.starts_with(b"PUT ") { hops } else { usual })?;
        region.write_all(read)?;
    }
}

/// Passes on all that comes. (`io::copy` does it by 8 KiB where neither end is a pipe.)
fn copy(from: &mut impl io::Read, to: &mut impl io::Write) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let Some(read) = buffer.get(..length).filter(|read| !read.is_empty()) else { return Ok(()) };
        to.write_all(read)?;
    }
}

/// Carries both ways until both ends have closed; `upward` passes on what the client sends.
fn carry<F>(inner: &TcpStream, outer: UnixStream, upward: F) -> io::Result<()>
where
    F: FnOnce(&mut TcpStream, &mut UnixStream) -> io::Result<()> + Send + 'static,
{
    inner.set_nodelay(true)?;
    let (mut from_inner, mut to_outer) = (inner.try_clone()?, outer.try_clone()?);
    let upward = thread::spawn(move || {
        let _ = upward(&mut from_inner, &mut to_outer);
        let _ = to_outer.shutdown(Shutdown::Write);
    });
    let (mut from_outer, mut to_inner) = (outer, inner);
    let _ = copy(&mut from_outer, &mut to_inner);
    let _ = inner.shutdown(Shutdown::Write);
    let _ = upward.join();
    Ok(())
}
