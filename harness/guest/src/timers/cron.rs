//! Whether cron is there, and whether it runs.

use std::fs;
use std::io;
use std::path::Path;

use nightproof_machine_image::Family;

use super::system::family;
use super::tables;

/// Folders that its package brings.
pub(crate) const FOLDERS: [&str; 6] =
    ["/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/var/spool/cron"];

/// There while cron runs.
const RUNNING: &str = "/run/nightproof/cron";
/// Jobs that are to run because cron has started for the first time since the boot: an id a line.
pub(super) const AT_START: &str = "/run/nightproof/cron-reboot";
/// There if cron is not to start with the machine.
const DISABLED: &str = "/var/lib/systemd/nightproof-cron-disabled";
/// Where its programs may be.
const PROGRAMS: [&str; 6] =
    ["/usr/bin/crontab", "/usr/sbin/crond", "/usr/sbin/cron", "/usr/local/bin/crontab", "/usr/sbin/anacron", "/bin/crontab"];

/// The name of its unit.
pub(crate) fn unit() -> &'static str {
    if family() == Family::Debian { "cron.service" } else { "crond.service" }
}

/// Whether its package is installed.
pub(crate) fn is_installed() -> bool {
    PROGRAMS.iter().any(|program| Path::new(program).exists())
}

/// Whether it runs. In a container nothing here starts services: it does if it is installed.
pub(crate) fn is_running() -> bool {
    Path::new(RUNNING).exists() || (crate::commands::platform().is_none() && is_installed())
}

/// Starts it. What is due whenever it starts is run at the next look, the first time since the boot.
pub(crate) fn start() -> io::Result<()> {
    if is_running() {
        return Ok(());
    }
    let begun = format!("{AT_START}-done");
    if !Path::new(&begun).exists() {
        fs::write(&begun, "")?;
        fs::write(AT_START, tables::at_start().join("\n"))?;
    }
    fs::write(RUNNING, "")
}

pub(crate) fn stop() -> io::Result<()> {
    match fs::remove_file(RUNNING) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Has it start with the machine from now on, or not. Its package has it do so.
pub(crate) fn enable(enabled: bool) -> io::Result<()> {
    if enabled {
        return match fs::remove_file(DISABLED) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    fs::create_dir_all("/var/lib/systemd")?;
    fs::write(DISABLED, "")
}

pub(crate) fn is_enabled() -> bool {
    is_installed() && !Path::new(DISABLED).exists()
}

/// Starts it with the machine.
pub(crate) fn boot() -> io::Result<()> {
    if is_enabled() { start() } else { Ok(()) }
}
