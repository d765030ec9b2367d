//! Ports of the machine that are carried to the region over the one unix socket.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use nightproof_machine_protocol::connection::Purpose;
use nightproof_machine_protocol::spec::inside;

use crate::gate::Gate;

/// What connections of a kind are for, and how they are carried.
pub(crate) struct Channel {
    purpose: Purpose,
    carry: fn(&TcpStream, Purpose) -> io::Result<()>,
}

/// AWS's endpoints.
pub(crate) const HTTPS: Channel = Channel { purpose: Purpose::Https, carry: carry_as_it_is };
/// The instance metadata service.
pub(crate) const IMDS: Channel = Channel { purpose: Purpose::Imds, carry: carry_metadata };
/// The Lambda Runtime API.
pub(crate) const RUNTIME_API: Channel = Channel { purpose: Purpose::RuntimeApi, carry: carry_as_it_is };
/// How many bytes are passed on at once.
const PIECE: usize = 64 * 1024;

/// Carries what is accepted from now on, as it passes the gate.
pub(crate) fn serve(listener: TcpListener, channel: Channel, gate: Arc<Gate>) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            gate.pass();
            thread::spawn(move || {
                // A connection that cannot be carried is closed; its client sees that.
                let _ = (channel.carry)(&stream, channel.purpose);
            });
        }
    });
}

/// Waits on one connection to the region at a time until it names a port, and carries that connection there. Ends with the region.
pub(crate) fn take_inbound() -> io::Result<()> {
    loop {
        let mut outer = connect(Purpose::Inbound)?;
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

/// Waits until the region reads the console; an error if the region has ended.
pub(crate) fn await_console() -> io::Result<()> {
    connect(Purpose::Console)?.read_exact(&mut [0])
}

/// Tells the region that the machine is up; the connection ends with the region.
pub(crate) fn announce() -> io::Result<UnixStream> {
    connect(Purpose::Ready)
}

/// The region's orders for the SSM agent's service, a byte each.
pub(crate) fn take_orders() -> io::Result<UnixStream> {
    connect(Purpose::Service)
}

/// The share of each processor that the instance gets, a byte each time that it changes: percent.
pub(crate) fn take_cpu_shares() -> io::Result<UnixStream> {
    connect(Purpose::CpuShare)
}

/// What the instance reaches of AWS, a byte each time that it changes.
pub(crate) fn take_links() -> io::Result<UnixStream> {
    connect(Purpose::Link)
}

/// A connection to the region that has said what it is for.
pub(crate) fn connect(purpose: Purpose) -> io::Result<UnixStream> {
    let mut outer = UnixStream::connect(inside::SOCKET)?;
    outer.write_all(purpose.line().as_bytes())?;
    Ok(outer)
}

fn carry_as_it_is(inner: &TcpStream, purpose: Purpose) -> io::Result<()> {
    carry(inner, connect(purpose)?, copy)
}

/// Carries a connection to the metadata service. The region first says, in one byte, how many hops the answer to a PUT may take: a
/// token must not get further than the instance's options allow, into a container's network for one.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html>
fn carry_metadata(inner: &TcpStream, purpose: Purpose) -> io::Result<()> {
    let mut outer = connect(purpose)?;
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
