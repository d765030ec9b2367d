//! Faults of instances that their machines bring about.

use std::io;

use jiff::SignedDuration;
use nightproof_faults::Interposed;
use nightproof_machine::Machines;

/// The machines of a region, as faults see them.
pub(crate) struct InterposedMachines(pub(crate) Machines);

impl Interposed for InterposedMachines {
    fn set_clock(&self, instance: &str, offset: SignedDuration) -> io::Result<()> {
        self.0.set_clock(instance, offset)
    }

    fn slow_disk(&self, instance: &str, bytes_per_second: u64) -> io::Result<()> {
        self.0.slow_disk(instance, bytes_per_second)
    }
}
