//! Machines: what stands for an EC2 instance or a Lambda environment. A Linux sandbox without a network, whose only way out is one unix
//! socket to the region.
//!
//! firedrill executes itself as a launcher (see `firedrill_guest`), which makes the sandbox and dies with firedrill.

mod boot;
mod disk;
pub mod doctor;
mod error;
mod etc;
mod spec;
mod usage;

pub use boot::{Channel, Connections, Machine};
pub use disk::remove as remove_folder;
pub use error::MachineError;
pub use spec::{FileSpec, MachineSpec, Role};
pub use usage::End;
