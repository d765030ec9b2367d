//! Machines with a wrong clock or a slow disk: a library that all their programs load, and a file that says how wrong and how slow.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A shared library that sets the clock of the programs that load it wrong and makes their disk slow, as `interposer/library.rs` says.
const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/interposer.so"));

/// Where a machine sees the folder.
pub(super) const INSIDE: &str = "/run/nightproof/interposer";
const LIBRARY: &str = "library.so";

/// What the region and the programs have in common: numbers of 64 bits, in this machine's byte order.
const STATE: &str = "state";
/// Where in it is by how many seconds the clock is fast.
const CLOCK_OFFSET: u64 = 0;
/// Where in it is how many bytes the disk reads and writes in a second; 0 for one that is not slow. When it has done them follows.
const DISK_BYTES_PER_SECOND: u64 = 8;
const STATE_BYTES: usize = 24;

/// Whether the programs of instances load the library.
#[derive(Debug, Default)]
pub struct Interposer(AtomicBool);

impl Interposer {
    /// Instances that boot from now on can have a wrong clock and a slow disk. Neither is so at a boot.
    pub fn prepare(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_prepared(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Puts what the machine with this `folder` and `/etc` needs in place. Returns what it is to see of the host.
pub(super) fn make(folder: &Path, etc: &Path) -> io::Result<(PathBuf, String)> {
    let outside = folder.join("interposer");
    fs::create_dir_all(&outside)?;
    fs::write(outside.join(LIBRARY), PROGRAM)?;
    fs::write(outside.join(STATE), [0; STATE_BYTES])?;
    fs::write(etc.join("ld.so.preload"), format!("{INSIDE}/{LIBRARY}\n"))?;
    Ok((outside, INSIDE.to_owned()))
}

/// Sets the clock of the running machine with this folder fast by so many seconds.
pub(super) fn set_clock(folder: &Path, seconds: i64) -> io::Result<()> {
    set(folder, CLOCK_OFFSET, seconds.to_ne_bytes())
}

/// Has the disk of the running machine with this folder read and write so many bytes a second.
pub(super) fn slow_disk(folder: &Path, bytes_per_second: u64) -> io::Result<()> {
    set(folder, DISK_BYTES_PER_SECOND, bytes_per_second.to_ne_bytes())
}

fn set(folder: &Path, at: u64, number: [u8; 8]) -> io::Result<()> {
    let file = folder.join("interposer").join(STATE);
    // Written over and not anew: programs have it mapped.
    fs::OpenOptions::new().write(true).open(file)?.write_all_at(&number, at)
}
