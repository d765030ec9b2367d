//! Execution of this program once more, as another of its parts.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Command;

use nightproof_machine_protocol::{CONTAINER, GUEST};

/// First argument of the SSM agent, which the guest keeps running.
pub(crate) const AGENT: &str = "__agent";
/// First argument of the process that runs one command of the agent's; the command's record follows.
pub(crate) const DOCUMENT_WORKER: &str = "__document-worker";
/// First argument of the process that runs one session, which it reads from its standard input.
pub(crate) const SESSION_WORKER: &str = "__session-worker";
/// First argument of the process that becomes what a session runs: a user and a command follow.
pub(crate) const SESSION_SHELL: &str = "__session-shell";

/// All parts, of which a process that starts another one is one.
const PARTS: [&str; 6] = [CONTAINER, GUEST, AGENT, DOCUMENT_WORKER, SESSION_WORKER, SESSION_SHELL];

/// A command that starts this program as this process was started, which in a container is by the host's loader, but as `part`.
pub(crate) fn re_exec(part: &str) -> io::Result<Command> {
    let line = fs::read("/proc/self/cmdline")?;
    let words = line.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec()));
    let mut words = words.take_while(|word| !PARTS.iter().any(|part| word == part));
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(part);
    Ok(command)
}
