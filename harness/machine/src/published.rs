//! Ports of an instance that anybody may reach, published on this host's loopback.
//!
//! A machine has no network, so the region listens for it, on ports that the kernel chooses, and carries each connection over the machine's
//! own socket. The guest keeps one connection to the region open that waits to be told a port: nothing on the host ever opens a path
//! that somebody in the machine could have put there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use nightproof_journal::{Event, Journal};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{Mutex, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// How many connections from outside a machine may have at once; more wait to be accepted.
const CONNECTIONS: usize = 64;
/// How many waiting connections of the guest are kept; it offers one at a time.
const WAITING: usize = 4;

/// What connects the ports outside with the guest.
pub(super) struct Published {
    wanted: watch::Sender<BTreeSet<u16>>,
    waiting: mpsc::Sender<UnixStream>,
}

impl Published {
    /// Publishes for the machine `id` until `end`; nothing, at first.
    pub(super) fn new(id: &str, journal: &Journal, end: CancellationToken) -> Self {
        let (wanted, ports) = watch::channel(BTreeSet::new());
        let (waiting, offered) = mpsc::channel(WAITING);
        let doors = Doors {
            id: id.to_owned(),
            journal: journal.clone(),
            offered: Arc::new(Mutex::new(offered)),
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            end,
        };
        tokio::spawn(doors.follow(ports));
        Self { wanted, waiting }
    }

    /// Has these ports published from now on and no others.
    pub(super) fn set(&self, ports: BTreeSet<u16>) {
        self.wanted.send_if_modified(|wanted| std::mem::replace(wanted, ports) != *wanted);
    }

    /// The guest offers a connection.
    pub(super) fn offer(&self, stream: UnixStream) {
        if self.waiting.try_send(stream).is_err() {
            debug!("a machine offers more connections than are kept, or has ended");
        }
    }
}

/// The listeners of one machine.
struct Doors {
    id: String,
    journal: Journal,
    offered: Arc<Mutex<mpsc::Receiver<UnixStream>>>,
    connections: Arc<Semaphore>,
    end: CancellationToken,
}

impl Doors {
    async fn follow(self, mut wanted: watch::Receiver<BTreeSet<u16>>) {
        let mut open = BTreeMap::<u16, CancellationToken>::new();
        loop {
            let ports = wanted.borrow_and_update().clone();
            open.retain(|port, door| {
                if !ports.contains(port) {
                    // A flow that a rule for all addresses let in is untracked, and ends with the rule.
                    // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>
                    door.cancel();
                    self.tell(*port, None);
                }
                ports.contains(port)
            });
            for port in ports {
                if open.contains_key(&port) {
                    continue;
                }
                match self.open(port).await {
                    Ok(door) => drop(open.insert(port, door)),
                    Err(error) => warn!(%error, instance = self.id, port, "cannot publish a port"),
                }
            }
            tokio::select! {
                () = self.end.cancelled() => return,
                changed = wanted.changed() => if changed.is_err() { return },
            }
        }
    }

    fn tell(&self, port: u16, address: Option<String>) {
        self.journal.record(Event::Port { instance: self.id.clone(), port, address });
    }

    async fn open(&self, port: u16) -> std::io::Result<CancellationToken> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let door = self.end.child_token();
        let (end, offered, connections) = (door.clone(), Arc::clone(&self.offered), Arc::clone(&self.connections));
        tokio::spawn(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = accept(listener, port, offered, connections, end.clone()) => {}
            }
        });
        self.tell(port, Some(address.to_string()));
        Ok(door)
    }
}

async fn accept(
    listener: TcpListener,
    port: u16,
    offered: Arc<Mutex<mpsc::Receiver<UnixStream>>>,
    connections: Arc<Semaphore>,
    end: CancellationToken,
) {
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, as a rule: accepting again at once would spin.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let (offered, end) = (Arc::clone(&offered), end.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = carry(stream, port, &offered) => {}
            }
            drop(permit);
        });
    }
}

/// Carries a connection through the next one that the guest offers; one whose guest has let go of it is passed over.
async fn carry(mut outside: TcpStream, port: u16, offered: &Mutex<mpsc::Receiver<UnixStream>>) {
    let mut inside = loop {
        let Some(mut stream) = offered.lock().await.recv().await else { return };
        if stream.write_u16(port).await.is_ok() {
            break stream;
        }
    };
    // What goes wrong closes both ends, which is all that their owners can be told.
    let _ = outside.set_nodelay(true);
    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
}
