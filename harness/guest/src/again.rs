//! This program once more, in another of its parts.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Command;

use crate::{AGENT, CONTAINER, DOCUMENT_WORKER, GUEST};

/// A command that starts this program as this process was started, which in a container is by the host's loader, but as `part`.
pub(crate) fn again(part: &str) -> io::Result<Command> {
    let line = fs::read("/proc/self/cmdline")?;
    let words = line.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec()));
    let mut words = words.take_while(|word| ![CONTAINER, GUEST, AGENT, DOCUMENT_WORKER].iter().any(|part| word == part));
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(part);
    Ok(command)
}
