//! Ports of the machine that are carried to the region over the one unix socket.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use crate::spec::inside;

/// A port, and the line that announces its connections on the socket.
pub(crate) struct Port {
    pub address: Ipv4Addr,
    pub port: u16,
    pub channel: &'static str,
}

/// AWS's endpoints.
pub(crate) const HTTPS: Port = Port { address: Ipv4Addr::LOCALHOST, port: 443, channel: "https\n" };
/// The instance metadata service.
pub(crate) const IMDS: Port = Port { address: Ipv4Addr::new(169, 254, 169, 254), port: 80, channel: "imds\n" };
/// The Lambda Runtime API.
pub(crate) const RUNTIME_API: Port = Port { address: Ipv4Addr::LOCALHOST, port: 9001, channel: "runtime\n" };
/// Says that the machine is up; carries nothing, and is held open by the region for as long as the machine is to live.
pub(crate) const READY: &str = "ready\n";

/// Accepts on `port` from now on.
pub(crate) fn serve(port: Port) -> io::Result<()> {
    let listener = TcpListener::bind(SocketAddrV4::new(port.address, port.port))?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // A connection that cannot be carried is closed; its client sees that.
                let _ = carry(&stream, port.channel);
            });
        }
    });
    Ok(())
}

/// Tells the region that the machine is up; the connection ends with the region.
pub(crate) fn announce() -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(inside::SOCKET)?;
    stream.write_all(READY.as_bytes())?;
    Ok(stream)
}

fn carry(inner: &TcpStream, channel: &str) -> io::Result<()> {
    inner.set_nodelay(true)?;
    let mut outer = UnixStream::connect(inside::SOCKET)?;
    outer.write_all(channel.as_bytes())?;
    let (mut from_inner, mut to_outer) = (inner.try_clone()?, outer.try_clone()?);
    let upward = thread::spawn(move || {
        // `io::copy` between sockets is `splice` on Linux.
        let _ = io::copy(&mut from_inner, &mut to_outer);
        let _ = to_outer.shutdown(Shutdown::Write);
    });
    let (mut from_outer, mut to_inner) = (outer, inner);
    let _ = io::copy(&mut from_outer, &mut to_inner);
    let _ = inner.shutdown(Shutdown::Write);
    let _ = upward.join();
    Ok(())
}
