//! The first process of a Docker container: makes its network, gives up the right to do so, and runs the guest.
//!
//! Docker has made the namespaces and masked what of /proc belongs to the host; there is nothing else to finish.

use std::fs;
use std::process::ExitCode;

use nightproof_machine_protocol::GUEST;
use rustix::thread::{CapabilitySet, capabilities, remove_capability_from_bounding_set, set_capabilities};

use crate::re_exec::re_exec;
use crate::{console, init, network, relay};

/// What it takes to make a network with a namespace beside it, and nothing after that.
const ADMINISTRATION: [CapabilitySet; 2] = [CapabilitySet::NET_ADMIN, CapabilitySet::SYS_ADMIN];

/// Runs the machine to its end; returns the guest's exit code.
pub(crate) fn main() -> ExitCode {
    let run = || {
        relay::await_console().map_err(|error| format!("the region does not read the console: {error}"))?;
        let task = crate::task::read()?;
        let aws = network::make(task.address)?;
        // /run may be in memory; every system has this there from its installation.
        fs::create_dir_all("/run/lock").map_err(|error| format!("cannot make /run/lock: {error}"))?;
        give_up_administration().map_err(|error| format!("cannot give up its capabilities: {error}"))?;
        aws.serve(&task.region, task.instance)?;
        init::run(&mut || re_exec(GUEST)?.spawn(), task.instance && task.command.is_empty())
    };
    match run() {
        Ok(code) => ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1)),
        Err(error) => {
            console::print(&format!("init: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Out of the bounding set, so that no process that is started from now on can have it, and out of this one's own.
fn give_up_administration() -> rustix::io::Result<()> {
    let mut own = capabilities(None)?;
    for capability in ADMINISTRATION {
        remove_capability_from_bounding_set(capability)?;
        for set in [&mut own.effective, &mut own.permitted, &mut own.inheritable] {
            set.remove(capability);
        }
    }
    set_capabilities(None, own)
}
