//! How many processes a machine may have, so that a script that starts them without end ends as it would on AWS, and not this host.
//!
//! The kernel counts them, threads too, by user and user namespace: those of a machine alone, unless nightproof is run by root, to whom it
//! sets no limit. <https://man7.org/linux/man-pages/man2/getrlimit.2.html>

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What Linux lets a user have on an instance with 1 GiB of memory.
const OF_SCRIPTS: u64 = 4096;
/// What a function may have. <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const OF_FUNCTION: u64 = 1024;
/// What nightproof's own part of a machine may have beyond that: it goes on where scripts cannot.
const RESERVED: u64 = 256;

/// What a machine may have in all, for whoever starts it; no more than this process may have itself.
pub(crate) fn of_machine() -> u64 {
    let wanted = OF_SCRIPTS + RESERVED;
    getrlimit(Resource::Nproc).maximum.map_or(wanted, |most| most.min(wanted))
}

/// From now on this process, with all that it starts, has what scripts may have.
pub(crate) fn lower_own() {
    let limit = limit(OF_SCRIPTS);
    // Only ever lower: nothing refuses that.
    let _ = setrlimit(Resource::Nproc, limit);
}

/// Has a script that is started by `command` have what scripts may have.
pub(crate) fn lower_script(command: &mut Command) -> &mut Command {
    lower(command, limit(OF_SCRIPTS))
}

/// Has a function's command have what functions may have.
pub(crate) fn lower_function(command: &mut Command) -> &mut Command {
    lower(command, limit(OF_FUNCTION))
}

fn limit(most: u64) -> Rlimit {
    let most = getrlimit(Resource::Nproc).maximum.map_or(most, |own| own.saturating_sub(RESERVED).clamp(1, most));
    Rlimit { current: Some(most), maximum: Some(most) }
}

/// Before it is executed: a shell starts its first program sooner than anybody could lower the limit of a process that runs.
#[expect(unsafe_code, reason = "the standard library has no limits")]
fn lower(command: &mut Command, limit: Rlimit) -> &mut Command {
    // SAFETY: between fork and exec one system call is made, with numbers that are there already.
    unsafe { command.pre_exec(move || Ok(setrlimit(Resource::Nproc, limit)?)) }
}
