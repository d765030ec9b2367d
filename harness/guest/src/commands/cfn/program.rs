//! Programs that a build runs.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

/// How a program ended.
pub(super) struct Ended {
    /// Its exit code; -1 where a signal ended it.
    pub(super) code: i32,
    /// Both of its streams.
    pub(super) output: Vec<u8>,
}

impl Ended {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).trim_end().to_owned()
    }
}

/// Runs it to its end.
pub(super) fn run(command: &mut Command) -> io::Result<Ended> {
    let (mut read, write) = io::pipe()?;
    let mut child = command.stdin(Stdio::null()).stdout(write.try_clone()?).stderr(write).spawn()?;
    // The ends that this process holds would keep the pipe open.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut output = Vec::new();
    io::Read::read_to_end(&mut read, &mut output)?;
    let code = child.wait()?.code().unwrap_or(-1);
    Ok(Ended { code, output })
}

/// Runs a program by its name; one that is not there is the error.
pub(super) fn named<S: AsRef<OsStr>>(name: &str, arguments: &[S]) -> Result<Ended, String> {
    run(Command::new(name).args(arguments)).map_err(|error| format!("{name}: {error}"))
}
