//! Where an instance's crontabs are, and the jobs in them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use nightproof_schedule::CrontabTime;

use super::crontab::{self, Dialect};
use super::run_parts::{self, listed};
use super::system::dialect;
use crate::commands::User;

/// A job of cron.
#[derive(Debug, Clone)]
pub(super) struct CronJob {
    pub(super) id: String,
    pub(super) place: String,
    pub(super) schedule: String,
    pub(super) time: CrontabTime,
    /// Of the table alone: `CRON_TZ`.
    pub(super) zone: Option<TimeZone>,
    pub(super) user: String,
    pub(super) command: String,
    pub(super) environment: Vec<(String, String)>,
}

/// The jobs of all tables, and what cron leaves out, each with the reason.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) jobs: Vec<CronJob>,
    pub(super) ignored: Vec<String>,
}

/// Where the tables of users are.
fn spool() -> &'static str {
    match dialect() {
        Dialect::Cronie => "/var/spool/cron",
        Dialect::Debian => "/var/spool/cron/crontabs",
    }
}

/// The table of a user.
pub(crate) fn user_table(user: &str) -> PathBuf {
    Path::new(spool()).join(user)
}

impl Tables {
    pub(super) fn read() -> Self {
        let dialect = dialect();
        let mut tables = Self::default();
        let system = Path::new("/etc/crontab");
        if system.is_file() {
            tables.system(system, dialect);
        }
        for path in listed("/etc/cron.d") {
            match left_out(&path, dialect) {
                Some(reason) => tables.ignored.push(format!("{}: {reason}", path.display())),
                None => tables.system(&path, dialect),
            }
        }
        for path in listed(spool()).into_iter().filter(|path| path.is_file()) {
            let Some(user) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
            if user.starts_with("tmp.") {
                continue;
            }
            if User::find(&user).is_none() {
                tables.ignored.push(format!("{}: no user of this name", path.display()));
                continue;
            }
            tables.table(&path, Some(&user), dialect);
        }
        tables.folders(dialect);
        tables
    }

    fn system(&mut self, path: &Path, dialect: Dialect) {
        // <https://github.com/cronie-crond/cronie/blob/master/src/database.c>: readable by its owner, executable by nobody, writable by its owner alone.
        let mode = fs::metadata(path).map(|found| (found.permissions().mode(), found.uid())).unwrap_or_default();
        let reason = match (dialect, mode) {
            (_, (_, owner)) if owner != 0 => Some("is not root's (WRONG FILE OWNER)"),
            (Dialect::Cronie, (mode, _)) if mode & 0o7533 != 0o400 => {
                Some("may be executed, or written to by others than root (BAD FILE MODE): chmod 0644")
            }
            (Dialect::Debian, (mode, _)) if mode & 0o022 != 0 => Some("may be written to by others than root (INSECURE MODE)"),
            _ => None,
        };
        match reason {
            Some(reason) => self.ignored.push(format!("{}: the file {reason}", path.display())),
            None => self.table(path, None, dialect),
        }
    }

    /// The jobs of a file: of a user, or of the system.
    fn table(&mut self, path: &Path, user: Option<&str>, dialect: Dialect) {
        let Ok(text) = fs::read_to_string(path) else {
            self.ignored.push(format!("{}: cannot be read as text", path.display()));
            return;
        };
        let (lines, refused) = crontab::parse(&text, user.is_none(), dialect);
        self.ignored.extend(refused.into_iter().map(|(number, why)| format!("{}, line {number}: {why}", path.display())));
        for line in lines {
            let place = format!("{}, line {}", path.display(), line.number);
            let name = user.or(line.user.as_deref()).unwrap_or("root").to_owned();
            if User::find(&name).is_none() {
                self.ignored.push(format!("{place}: no user `{name}`"));
                continue;
            }
            let zone = line.environment.iter().find(|(name, _)| name == "CRON_TZ").map(|(_, zone)| zone.clone());
            let zone = match (zone, dialect) {
                (Some(_), Dialect::Debian) => {
                    self.ignored.push(format!(
                        "{place}: CRON_TZ, which Debian's cron does not know: the time is one of the instance's zone"
                    ));
                    None
                }
                (Some(zone), Dialect::Cronie) => TimeZone::get(&zone).ok(),
                (None, _) => None,
            };
            self.jobs.push(CronJob {
                id: format!("{}: {} {}", path.display(), line.schedule, line.command),
                place,
                schedule: line.schedule,
                time: line.time,
                zone,
                user: name,
                command: line.command,
                environment: line.environment,
            });
        }
    }

    /// The folders of scripts: `/etc/cron.daily` and the like.
    fn folders(&mut self, dialect: Dialect) {
        // On Debian the system's own table runs them: one that somebody has written in its place has what it says.
        if dialect == Dialect::Debian && Path::new("/etc/crontab").exists() {
            return;
        }
        for (folder, schedule) in run_parts::folders(dialect) {
            let (parts, left_out) = run_parts::parts(Path::new(folder), dialect);
            self.ignored.extend(left_out);
            let Some(time) = CrontabTime::parse(schedule).filter(|_| !parts.is_empty()) else { continue };
            self.jobs.push(CronJob {
                id: format!("{folder}: {}", parts.iter().map(|part| part.display().to_string()).collect::<Vec<_>>().join(" ")),
                place: folder.to_owned(),
                schedule: schedule.to_owned(),
                time,
                zone: None,
                user: "root".to_owned(),
                command: run_parts::command(&parts),
                environment: vec![("PATH".to_owned(), run_parts::path(dialect).to_owned())],
            });
        }
    }
}

/// Ids of the jobs that run because cron starts.
pub(super) fn at_start() -> Vec<String> {
    let jobs = Tables::read().jobs.into_iter();
    jobs.filter(|job| job.time == CrontabTime::Reboot).map(|job| job.id).collect()
}

/// Why a file of `/etc/cron.d` is none of cron's.
fn left_out(path: &Path, dialect: Dialect) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    if name == ".placeholder" {
        return None;
    }
    match dialect {
        // <https://github.com/cronie-crond/cronie/blob/master/src/database.c>, `not_a_crontab`.
        Dialect::Cronie
            if name.starts_with(['.', '#']) || [".rpmsave", ".rpmorig", ".rpmnew", "~"].iter().any(|end| name.ends_with(end)) =>
        {
            Some("cron leaves files of such a name out")
        }
        // <https://manpages.debian.org/stable/cron/cron.8.en.html>
        Dialect::Debian if !run_parts::is_debians_name(&name) => {
            Some("cron leaves it out, as its name has more than letters, digits, underscores and hyphens")
        }
        _ => None,
    }
}
