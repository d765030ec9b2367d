//! Programs that cloud-init runs.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use nightproof_machine_protocol::spec::Task;

use crate::limits;

/// Where the output of all of them goes.
pub(super) const LOG: &str = "/var/log/cloud-init-output.log";

/// Writes a script to be run.
pub(super) fn keep(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(name);
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
    Ok(path)
}

/// Runs a program to its end, as a service is run: without a login, and without `HOME`.
pub(super) fn run(task: &Task, program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> io::Result<ExitStatus> {
    let log = log()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(task.environment.iter().filter(|(name, _)| *name != "HOME"))
        .envs(variables.iter().copied())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    limits::lower_script(&mut command).status()
}

fn log() -> io::Result<File> {
    fs::create_dir_all("/var/log")?;
    OpenOptions::new().create(true).append(true).open(LOG)
}

/// Runs all scripts of a folder in the order of their names, whatever becomes of each; returns the names of those that failed, and how many
/// there were.
pub(super) fn run_parts(task: &Task, folder: &Path) -> io::Result<(Vec<String>, usize)> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        entries => entries?,
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    paths.sort();
    let mut failed = Vec::new();
    for path in &paths {
        if !run(task, path, &[], &[]).is_ok_and(|status| status.success()) {
            failed.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    Ok((failed, paths.len()))
}
