//! What stands between the programs of an instance, and its clock and disk.

use std::io;

use jiff::SignedDuration;

/// Machines whose programs can be given a wrong clock and a slow disk.
pub trait Interposed: Send + Sync {
    /// Sets the clock of a running instance wrong by `offset`, in whole seconds, from now on.
    ///
    /// # Errors
    /// There is no such machine, or it was booted without what its programs would have to load.
    fn set_clock(&self, instance: &str, offset: SignedDuration) -> io::Result<()>;

    /// Has the disk of a running instance read and write `bytes_per_second` altogether, from now on.
    ///
    /// # Errors
    /// As those of [`set_clock`](Self::set_clock).
    fn slow_disk(&self, instance: &str, bytes_per_second: u64) -> io::Result<()>;
}
