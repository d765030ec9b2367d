//! What the machine reaches of AWS: the region says it before anything runs in the machine, and whenever it changes.

use std::io::{self, Read as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nightproof_machine_protocol::link::{HEAD, Link};

use crate::console;
use crate::gate::{Gate, Plugs};
use crate::name_service::Reached;
use crate::relay;

/// How long the region may take to say it the first time.
const FIRST: Duration = Duration::from_secs(10);

/// Keeps the sockets that stand for AWS as reachable as the region says. Returns once they are.
///
/// # Errors
/// Why it cannot be known, in words.
pub(crate) fn keep(mut sockets: Sockets) -> Result<(), String> {
    let unknown = |error: io::Error| format!("cannot learn what of AWS is reachable: {error}");
    let mut region = relay::take_links().map_err(unknown)?;
    region.set_read_timeout(Some(FIRST)).map_err(unknown)?;
    sockets.set(next(&mut region).map_err(unknown)?).map_err(unknown)?;
    region.set_read_timeout(None).map_err(unknown)?;
    thread::spawn(move || {
        // Ends with the region.
        while let Ok(link) = next(&mut region) {
            if let Err(error) = sockets.set(link) {
                console::print(&format!("init: cannot change what of AWS is reachable: {error}"));
            }
        }
    });
    Ok(())
}

fn next(region: &mut UnixStream) -> io::Result<Link> {
    let mut head = [0; HEAD];
    region.read_exact(&mut head)?;
    let mut rest = vec![0; Link::length(head)];
    region.read_exact(&mut rest)?;
    Ok(Link::from_bytes(head, &rest))
}

/// The sockets of AWS that a VPC may have no link to. The metadata service is on the instance's own link.
pub(crate) struct Sockets {
    names: Arc<Gate>,
    endpoints: Arc<Gate>,
    /// The endpoints' socket.
    listener: TcpListener,
    plugs: Option<Plugs>,
    /// What the name service leads elsewhere by.
    reached: Reached,
    /// Where names of services lead that are not reached: nobody accepts there.
    _nowhere: (Plugs, TcpListener),
}

impl Sockets {
    /// All of them reachable.
    pub(crate) fn new(
        names: Arc<Gate>,
        endpoints: (Arc<Gate>, TcpListener),
        reached: Reached,
        nowhere: (Plugs, TcpListener),
    ) -> Self {
        let (endpoints, listener) = endpoints;
        Self { names, endpoints, listener, plugs: None, reached, _nowhere: nowhere }
    }

    fn set(&mut self, link: Link) -> io::Result<()> {
        self.names.set(link.names);
        let carries = link.carries();
        self.reached.set(link);
        if carries {
            if let Some(plugs) = self.plugs.take() {
                plugs.pull(&self.listener)?;
            }
            self.endpoints.set(true);
        } else if self.plugs.is_none() {
            self.endpoints.set(false);
            self.plugs = Some(Plugs::put(&self.listener)?);
        }
        Ok(())
    }
}
