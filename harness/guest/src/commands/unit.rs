//! Units of systemd that an administrator has written: services that are started, stopped and enabled.
//! <https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html>

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::environment::certificates;
use super::user::User;
use crate::timers;

const UNITS: [&str; 3] = ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/run/systemd/system"];
const WANTED: &str = "/etc/systemd/system/multi-user.target.wants";
const WANTED_TIMERS: &str = "/etc/systemd/system/timers.target.wants";
/// Where the ids of running services are kept.
const RUNNING: &str = "/run/nightproof/units";

/// A service or a timer, by its unit's file.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    settings: Vec<(String, String)>,
}

impl Unit {
    /// The unit of this name, which may lack its `.service`.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let path = UNITS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file())?;
        Some(Self { name: name.to_owned(), settings: settings(&fs::read_to_string(&path).ok()?), path })
    }

    pub(crate) fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.settings.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.settings.iter().rfind(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn description(&self) -> &str {
        self.value("Description").unwrap_or(&self.name)
    }

    /// Those of a kind that somebody has written, by name: `timer`.
    pub(crate) fn of_kind(kind: &str) -> Vec<Self> {
        let entries = UNITS.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let names: std::collections::BTreeSet<String> =
            names.filter(|name| name.rsplit_once('.').is_some_and(|(_, ending)| ending == kind)).collect();
        names.iter().filter_map(|name| Self::find(name)).collect()
    }

    fn is_timer(&self) -> bool {
        self.name.ends_with(".timer")
    }

    /// Whether it was started, and not stopped since.
    pub(crate) fn has_record(&self) -> bool {
        self.record().exists()
    }

    /// Runs a service to its end, as its timer does; returns the status of the first of its commands that fails.
    pub(crate) fn run_to_end(&self) -> Result<Option<std::process::ExitStatus>, String> {
        for line in self.values("ExecStartPre").chain(self.values("ExecStart")) {
            let status = self.command(line)?.status().map_err(|error| error.to_string())?;
            if !status.success() && !line.starts_with('-') {
                return Ok(Some(status));
            }
        }
        Ok(None)
    }

    /// Starts it; one of `Type=oneshot` has ended then. The error is what `systemctl` says beside.
    pub(super) fn start(&self) -> Result<(), String> {
        if self.is_active() {
            return Ok(());
        }
        if self.is_timer() {
            if let Some(reason) = timers::timer_problem(self) {
                return Err(reason);
            }
            let recorded = fs::create_dir_all(RUNNING).and_then(|()| fs::write(self.record(), ""));
            return recorded.map_err(|error| error.to_string());
        }
        let oneshot = self.value("Type") == Some("oneshot");
        for line in self.values("ExecStartPre") {
            self.run(line)?;
        }
        for line in self.values("ExecStart") {
            if oneshot || self.value("Type") == Some("forking") {
                self.run(line)?;
                continue;
            }
            let child = self.command(line)?.process_group(0).spawn().map_err(|error| error.to_string())?;
            fs::create_dir_all(RUNNING)
                .and_then(|()| fs::write(self.record(), child.id().to_string()))
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn run(&self, line: &str) -> Result<(), String> {
        let status = self.command(line)?.status().map_err(|error| error.to_string())?;
        if status.success() || line.starts_with('-') { Ok(()) } else { Err(status.to_string()) }
    }

    /// A line of `Exec…=` as a command. Words are split as a shell would; nothing is expanded but the environment.
    fn command(&self, line: &str) -> Result<Command, String> {
        let line = line.trim_start_matches(['-', '@', ':', '+', '!']);
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("exec {line}"));
        command
            .env_clear()
            .envs(certificates())
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
            .env("LANG", "C.UTF-8");
        if let Some(name) = self.value("User") {
            let user = User::find(name).ok_or_else(|| format!("unknown user {name}"))?;
            command.env("HOME", &user.home).env("USER", &user.name).env("LOGNAME", &user.name).env("SHELL", &user.shell);
        }
        for assignment in self.values("Environment").flat_map(str::split_whitespace) {
            if let Some((name, value)) = assignment.trim_matches('"').split_once('=') {
                command.env(name, value);
            }
        }
        for file in self.values("EnvironmentFile") {
            let text = fs::read_to_string(file.trim_start_matches('-'));
            let text =
                text.or_else(|error| if file.starts_with('-') { Ok(String::new()) } else { Err(format!("{file}: {error}")) })?;
            for (name, value) in text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')) {
                command.env(name.trim(), value.trim().trim_matches(['"', '\'']));
            }
        }
        command.current_dir(self.value("WorkingDirectory").unwrap_or("/")).stdin(Stdio::null());
        let log = log(&self.name).map_err(|error| error.to_string())?;
        command.stdout(log.try_clone().map_err(|error| error.to_string())?).stderr(log);
        Ok(command)
    }

    fn record(&self) -> PathBuf {
        Path::new(RUNNING).join(&self.name)
    }

    fn group(&self) -> Option<Pid> {
        fs::read_to_string(self.record()).ok()?.trim().parse().ok().and_then(Pid::from_raw)
    }

    pub(super) fn is_active(&self) -> bool {
        if self.is_timer() {
            return self.has_record();
        }
        self.group().is_some_and(|group| test_kill_process_group(group).is_ok())
    }

    pub(super) fn stop(&self) -> Result<(), String> {
        for line in self.values("ExecStop") {
            self.run(line)?;
        }
        if let Some(group) = self.group() {
            // One that has ended needs no signal.
            let _ = kill_process_group(group, Signal::TERM);
        }
        let _ = fs::remove_file(self.record());
        Ok(())
    }

    fn link(&self) -> PathBuf {
        Path::new(if self.is_timer() { WANTED_TIMERS } else { WANTED }).join(&self.name)
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.link().is_symlink()
    }

    /// Has it start at each boot from now on. Returns where that is kept.
    pub(super) fn enable(&self) -> io::Result<PathBuf> {
        fs::create_dir_all(if self.is_timer() { WANTED_TIMERS } else { WANTED })?;
        if !self.is_enabled() {
            std::os::unix::fs::symlink(&self.path, self.link())?;
        }
        Ok(self.link())
    }

    pub(super) fn disable(&self) -> io::Result<()> {
        if self.is_enabled() { fs::remove_file(self.link()) } else { Ok(()) }
    }
}

impl Unit {
    /// Where what a service writes is.
    pub(crate) fn log_path(name: &str) -> PathBuf {
        Path::new("/var/log/journal").join(format!("{name}.log"))
    }
}

/// What services write.
fn log(name: &str) -> io::Result<fs::File> {
    fs::create_dir_all("/var/log/journal")?;
    fs::OpenOptions::new().create(true).append(true).open(Unit::log_path(name))
}

/// Starts what is to start at a boot.
pub(crate) fn start_enabled() {
    if let Err(error) = timers::cron::boot() {
        crate::console::print(&format!("Failed to start {}: {error}", timers::cron::unit()));
    }
    for entry in [WANTED, WANTED_TIMERS].iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten()) {
        let started = entry.file_name().to_str().and_then(Unit::find).map(|unit| unit.start());
        if let Some(Err(error)) = started {
            crate::console::print(&format!("Failed to start {}: {error}", entry.file_name().to_string_lossy()));
        }
    }
}

/// Assignments of a unit's file. An empty one takes back those before it.
fn settings(text: &str) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in text.replace("\\\n", " ").lines().map(str::trim).filter(|line| !line.starts_with(['#', ';', '['])) {
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if value.is_empty() {
            settings.retain(|(other, _)| other != name);
        } else {
            settings.push((name.to_owned(), value.to_owned()));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_by_its_lines() {
        let text = "[Unit]\nDescription=Backup\n# no\n[Service]\nExecStart=/bin/a \\\n  b\nExecStart=\nExecStart=/bin/c\n";
        let expected = [("Description", "Backup"), ("ExecStart", "/bin/c")];
        assert_eq!(settings(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
