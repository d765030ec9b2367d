//! What a machine's guest and the region say to each other: the specifications that a machine is started with, the connections that its
//! guest makes to the region's socket, and what is sent on them. Pure: both sides only encode and decode here.

pub mod command;
pub mod connection;
pub mod finding;
pub mod link;
pub mod order;
pub mod spec;
pub mod timers;
pub mod usage;

/// First argument of the launcher; the spec comes on standard input.
pub const LAUNCHER: &str = "__machine";
/// First argument of the guest; the spec is a file in the machine.
pub const GUEST: &str = "__guest";
/// First argument of the first process of a Docker container, which starts the guest.
pub const CONTAINER: &str = "__container";
/// First argument of a program of a machine that the guest is, such as sudo, where it cannot be started by that name: the name follows.
pub const COMMAND: &str = "__command";
/// First argument of a try, in namespaces that somebody else has made, whether a machine's network can be made here.
pub const NETWORK: &str = "__network";
