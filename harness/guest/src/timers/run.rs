//! A run of a job: its command in a shell, with what cron gives it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::crontab::shell_and_input;
use super::tables::CronJob;
use crate::commands::User;
use crate::limits;

/// Bytes of output that are kept: the last.
const KEPT: u64 = 8 * 1024;
/// Where the output of runs goes until they have ended.
const FOLDER: &str = "/run/nightproof/runs";
/// cron's own, where the table says nothing. <https://man7.org/linux/man-pages/man5/crontab.5.html>
const PATH: &str = "/usr/bin:/bin";

/// How a run ended.
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) output: String,
}

/// Runs a job of cron to its end.
pub(super) fn cron(job: &CronJob, number: u64) -> io::Result<Ended> {
    let user = User::find(&job.user).ok_or_else(|| io::Error::other(format!("no user `{}`", job.user)))?;
    let table = |name: &str| job.environment.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let (shell, input) = shell_and_input(&job.command);
    let mut command = Command::new(table("SHELL").unwrap_or("/bin/sh"));
    command.arg("-c").arg(shell).env_clear().envs(certificates());
    command.env("PATH", PATH).env("SHELL", "/bin/sh").env("HOME", &user.home);
    command.envs(job.environment.iter().map(|(name, value)| (name, value)));
    // Whatever the table says.
    command.env("LOGNAME", &user.name).env("USER", &user.name);
    let home = table("HOME").unwrap_or(&user.home);
    command.current_dir(if Path::new(home).is_dir() { home } else { "/" });
    to_end(command, input.as_deref(), number)
}

/// Runs a command to its end; its output is kept.
fn to_end(mut command: Command, input: Option<&str>, number: u64) -> io::Result<Ended> {
    fs::create_dir_all(FOLDER)?;
    let path = Path::new(FOLDER).join(number.to_string());
    let file = File::options().create(true).truncate(true).read(true).write(true).open(&path)?;
    command.stdout(file.try_clone()?).stderr(file.try_clone()?);
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = limits::lower_script(&mut command).spawn()?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // One that reads nothing is none the worse.
        let _ = stdin.write_all(input.as_bytes());
    }
    let code = code(child.wait()?);
    let output = tail(&path, 0)?;
    let _ = fs::remove_file(path);
    Ok(Ended { code, output })
}

/// The exit code, or 128 and the signal's number.
pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// The end of what is in a file from a place on.
pub(super) fn tail(path: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(length.saturating_sub(KEPT))))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where the region's certificate is: what every program of a machine has in its environment.
fn certificates() -> impl Iterator<Item = (String, String)> {
    const NAMES: [&str; 3] = ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"];
    let environment = crate::task::read().map(|task| task.environment).unwrap_or_default();
    environment.into_iter().filter(|(name, _)| NAMES.contains(&name.as_str()))
}
