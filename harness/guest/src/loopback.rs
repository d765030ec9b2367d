//! The only network interface of a machine: loopback, with the metadata address on it.

use std::io;

/// Brings `lo` up and gives it 169.254.169.254. Needs CAP_NET_ADMIN in the network namespace, which the machine's root has.
pub(crate) fn bring_up() -> io::Result<()> {
    let socket = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::DGRAM, None)?;
    set_up(&socket, "lo")?;
    // An alias label is how an interface gets a second address by this interface; netlink would take a library for one message.
    set_address(&socket, "lo:1", [169, 254, 169, 254])
}

fn request(name: &str) -> libc::ifreq {
    let mut ifr_name = [0; libc::IFNAMSIZ];
    for (slot, byte) in ifr_name.iter_mut().zip(name.bytes()) {
        *slot = byte.cast_signed();
    }
    libc::ifreq { ifr_name, ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: 0 } }
}

fn set_up(socket: &impl std::os::fd::AsRawFd, name: &str) -> io::Result<()> {
    let mut request = request(name);
    request.ifr_ifru.ifru_flags = i16::try_from(libc::IFF_UP | libc::IFF_RUNNING).unwrap_or_default();
    ioctl(socket, libc::SIOCSIFFLAGS, &request)
}

fn set_address(socket: &impl std::os::fd::AsRawFd, name: &str, address: [u8; 4]) -> io::Result<()> {
    let mut data = [0; 14];
    for (slot, byte) in data.iter_mut().skip(2).zip(address) {
        *slot = byte.cast_signed();
    }
    let mut request = request(name);
    request.ifr_ifru.ifru_addr = libc::sockaddr { sa_family: u16::try_from(libc::AF_INET).unwrap_or_default(), sa_data: data };
    ioctl(socket, libc::SIOCSIFADDR, &request)
}

#[expect(unsafe_code, reason = "no safe crate sets an interface's flags and address without a netlink stack")]
fn ioctl(socket: &impl std::os::fd::AsRawFd, operation: libc::c_ulong, request: &libc::ifreq) -> io::Result<()> {
    // SAFETY: both operations read one `ifreq`, which lives for the whole call; the descriptor is open.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), operation, std::ptr::from_ref(request)) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
