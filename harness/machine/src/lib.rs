//! Machines: what stands for an EC2 instance or a Lambda environment. A Linux sandbox or a Docker container, without a network, whose
//! only way out is one unix socket to the region.
//!
//! For a sandbox, nightproof executes itself as a launcher (the guest's), which dies with nightproof and takes the machine along.
//! A container ends when its guest sees the region's end of the socket close.

mod binds;
mod boot;
pub mod container;
mod disk;
pub mod doctor;
mod error;
mod etc;
mod interposer;
mod layer;
mod library;
mod machines;
pub mod node;
mod on_rootfs;
mod published;
mod role;
mod rootfs;
mod runtime_client;
mod sandbox;
mod shell;
mod spec;
mod started;
pub mod tools;
mod usage;

pub use boot::{Channel, Connections, Machine};
pub use disk::remove as remove_folder;
pub use error::MachineError;
pub use interposer::Interposer;
pub use machines::{MachineSettings, Machines};
pub use nightproof_machine_image::{PLATFORMS, Platform, Shell};
pub use nightproof_machine_protocol::usage::End;
pub use role::Role;
pub use rootfs::{Rootfs, RootfsError};
pub use runtime_client::{Runnable, RuntimeClient};
pub use spec::{FileSpec, MachineSpec, Size};
