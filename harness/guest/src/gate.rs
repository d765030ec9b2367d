//! Gates: whether what stands for AWS answers.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rustix::net::listen;

/// Connections that may wait to be accepted, as the standard library has it.
const QUEUE: i32 = 128;
/// How long a plug may take to connect, and how often it is tried: by then the queue is full without it.
const PLUG_LIMIT: Duration = Duration::from_millis(50);
const PLUG_TRIES: usize = 20;

/// Open at first.
pub(crate) struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { open: Mutex::new(true), opened: Condvar::new() })
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.open.lock()
    }

    pub(crate) fn set(&self, open: bool) {
        *self.open.lock() = open;
        self.opened.notify_all();
    }

    /// Returns once it is open.
    pub(crate) fn pass(&self) {
        let mut open = self.open.lock();
        self.opened.wait_while(&mut open, |open| !*open);
    }
}

/// What keeps a listening socket from being connected to: its queue is full, so that the kernel drops what would open a connection, as a
/// network without a route does. A client hears nothing, and connects when it tries again after the queue was emptied. (A socket filter
/// would do the same, and takes CAP_NET_ADMIN, which nobody has any more once the machine is up.)
pub(crate) struct Plugs(#[expect(dead_code, reason = "held open")] Vec<TcpStream>);

impl Plugs {
    /// Plugs a socket whose accepting thread waits at a closed gate with what it accepts: the first plug is for that thread, the
    /// second stays in the queue, which has room for one.
    pub(crate) fn put(listener: &TcpListener) -> io::Result<Self> {
        Self::fill(listener, 2)
    }

    /// Plugs a socket that nobody accepts from, for good.
    pub(crate) fn put_for_good(listener: &TcpListener) -> io::Result<Self> {
        Self::fill(listener, 1)
    }

    fn fill(listener: &TcpListener, wanted: usize) -> io::Result<Self> {
        listen(listener, 0)?;
        let address = listener.local_addr()?;
        let mut plugs = Vec::new();
        for _ in 0..PLUG_TRIES {
            if plugs.len() == wanted {
                break;
            }
            plugs.extend(TcpStream::connect_timeout(&address, PLUG_LIMIT));
        }
        Ok(Self(plugs))
    }

    pub(crate) fn pull(self, listener: &TcpListener) -> io::Result<()> {
        drop(self);
        Ok(listen(listener, QUEUE)?)
    }
}
