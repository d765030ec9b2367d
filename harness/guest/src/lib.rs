//! The program in a machine, and the small process outside that starts one.
//!
//! nightproof executes itself with a hidden first argument: as the *launcher*, a single-threaded process that makes the sandbox and dies
//! with nightproof; and inside the sandbox as the *guest*, which answers DNS, carries connections to the region over one unix socket, and
//! runs the SSM agent. Under the names of programs such as sudo it is those, too. Nothing of the region is used here: the guest knows AWS's endpoints and no others.

mod agent;
mod cloud_init;
mod commands;
mod console;
mod container;
mod control;
mod cpu_throttle;
mod furnish;
mod gate;
mod going_down;
mod guest;
mod init;
mod keyring;
mod launcher;
mod limits;
mod link;
mod name_service;
mod netlink;
mod network;
mod own_root;
mod re_exec;
mod relay;
mod service;
mod signals;
mod task;
mod timers;
mod unshare;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use nightproof_machine_protocol::{COMMAND, CONTAINER, GUEST, LAUNCHER, NETWORK};

use self::re_exec::{AGENT, DOCUMENT_WORKER, SESSION_SHELL, SESSION_WORKER};

/// Whether [`dispatch`] would run something.
pub fn is_dispatched(arguments: &[OsString]) -> bool {
    let Some(program) = arguments.first() else { return false };
    let first = arguments.get(1).and_then(|argument| argument.to_str()).unwrap_or_default();
    let parts = [LAUNCHER, GUEST, CONTAINER, NETWORK, COMMAND, AGENT, DOCUMENT_WORKER, SESSION_WORKER, SESSION_SHELL];
    commands::named(program).is_some() || parts.contains(&first)
}

/// Runs as launcher or guest if `arguments` (program name first) say so. To be called before anything else in `main`: the
/// launcher forks, so the process must have no other threads.
pub fn dispatch(arguments: &[OsString]) -> Option<ExitCode> {
    if let Some(command) = commands::named(arguments.first()?) {
        return Some(commands::main(&command, arguments.get(1..)?));
    }
    match arguments.get(1)?.to_str()? {
        LAUNCHER => Some(launcher::main()),
        // The first process of the machine starts the guest proper with the same argument.
        GUEST if std::process::id() == 1 => Some(init::main()),
        GUEST => Some(guest::main()),
        CONTAINER => Some(container::main()),
        NETWORK => Some(network::main()),
        COMMAND => Some(commands::main(&commands::named(arguments.get(2)?)?, arguments.get(3..)?)),
        AGENT => Some(agent::main()),
        DOCUMENT_WORKER => Some(agent::worker::main(arguments.get(2)?)),
        SESSION_WORKER => Some(agent::session::worker::main()),
        SESSION_SHELL => Some(agent::session::shell_main(arguments.get(2..)?)),
        _ => None,
    }
}
