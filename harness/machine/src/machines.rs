//! What all machines of a region have in common.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::SignedDuration;
use nightproof_journal::Journal;
use nightproof_machine_protocol::spec::inside;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::container::Containers;
use crate::interposer::{self, Interposer};
use crate::layer::{self, Layer, Overlays};
use crate::library::{self, Start};
use crate::{MachineError, Platform};

/// What a region gives its machines.
#[derive(Debug)]
pub struct MachineSettings {
    /// The region that endpoints are named after, `us-east-1`, unless [`Machines::in_region`] names another.
    pub region: String,
    /// A folder for sockets and machines; whoever starts the region removes it.
    pub folder: PathBuf,
    /// A program that runs launcher and guest when it is started with their arguments: nightproof itself.
    pub program: PathBuf,
    /// The CA certificate that machines trust, PEM.
    pub ca_pem: String,
    /// Where published ports are written.
    pub journal: Journal,
    /// The region waits for what is spawned here before it is down.
    pub tasks: TaskTracker,
    /// Cancelled when the region goes down, and its machines with it.
    pub stopping: CancellationToken,
}

/// The machines of one region. Clones are cheap and stand for the same ones.
#[derive(Clone)]
pub struct Machines {
    shared: Arc<Inner>,
    region: Arc<str>,
}

struct Inner {
    settings: MachineSettings,
    containers: OnceLock<Containers>,
    interposer: Interposer,
    /// What kinds of overlay can be mounted, as far as is known.
    overlays: Mutex<Overlays>,
    /// How the guest is started in a system that is not this host's.
    guest: OnceLock<Start>,
}

impl Machines {
    /// No machine yet; each is booted by [`Machine::boot`](crate::Machine::boot).
    pub fn new(settings: MachineSettings) -> Self {
        let region = settings.region.as_str().into();
        let shared = Arc::new(Inner {
            settings,
            containers: OnceLock::new(),
            interposer: Interposer::default(),
            overlays: Mutex::new(Overlays::Writable),
            guest: OnceLock::new(),
        });
        Self { shared, region }
    }

    /// Those of another region that is served by the same process.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), region: region.into() }
    }

    /// The region that endpoints are named after.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    pub(crate) fn settings(&self) -> &MachineSettings {
        &self.shared.settings
    }

    /// The folder of a machine, which goes with it.
    pub(crate) fn folder_of(&self, machine: &str) -> PathBuf {
        self.shared.settings.folder.join("m").join(machine)
    }

    /// The layer that an instance of `platform` sees before the host's /usr, if overlays can be mounted.
    pub(crate) fn layer(&self, platform: &Platform) -> Result<Option<Layer>, MachineError> {
        let (folder, overlays) = (self.shared.settings.folder.join("layers"), *self.shared.overlays.lock());
        if overlays == Overlays::None || !layer::can_be_named(&folder) {
            return Ok(None);
        }
        let folder = layer::make(&folder, platform, Path::new("/"))?;
        Ok(Some(Layer { folder, writable: overlays == Overlays::Writable }))
    }

    /// Whether an overlay can be written to, as far as is known.
    pub(crate) fn overlays_are_writable(&self) -> bool {
        *self.shared.overlays.lock() == Overlays::Writable
    }

    /// How the guest is started in a system that is not this host's.
    pub(crate) fn guest_start(&self) -> io::Result<Start> {
        if let Some(known) = self.shared.guest.get() {
            return Ok(known.clone());
        }
        let start = library::of(&self.shared.settings.program, inside::PROGRAM)?;
        Ok(self.shared.guest.get_or_init(|| start).clone())
    }

    /// A machine with a layer could not be made: the next does with less. Whether there is less to do with.
    pub(crate) fn lower_layers(&self) -> bool {
        let mut overlays = self.shared.overlays.lock();
        let (before, after) = (
            *overlays,
            match *overlays {
                Overlays::Writable => Overlays::ReadOnly,
                Overlays::ReadOnly | Overlays::None => Overlays::None,
            },
        );
        *overlays = after;
        before != after
    }

    /// Machines are containers from now on, instead of sandboxes. Once.
    pub fn set_containers(&self, containers: Containers) {
        // Others later would have machines of two kinds of labels.
        let _ = self.shared.containers.set(containers);
    }

    /// What machines are made with, if they are containers.
    pub fn containers(&self) -> Option<&Containers> {
        self.shared.containers.get()
    }

    /// Whether instances can have a wrong clock and a slow disk.
    pub fn interposer(&self) -> &Interposer {
        &self.shared.interposer
    }

    /// Sets the clock of a running machine wrong by `offset`, in whole seconds, from now on.
    ///
    /// # Errors
    /// There is no such machine, or [`Interposer::prepare`] came after its boot.
    pub fn set_clock(&self, machine: &str, offset: SignedDuration) -> io::Result<()> {
        interposer::set_clock(&self.folder_of(machine), offset.as_secs())
    }

    /// Has the disk of a running machine read and write `bytes_per_second` altogether, from now on.
    ///
    /// # Errors
    /// As those of [`Machines::set_clock`].
    pub fn slow_disk(&self, machine: &str, bytes_per_second: u64) -> io::Result<()> {
        interposer::slow_disk(&self.folder_of(machine), bytes_per_second)
    }
}

impl fmt::Debug for Machines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machines").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}
