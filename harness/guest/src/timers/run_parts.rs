//! Folders whose scripts are run one after the other: `/etc/cron.daily` and the like.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::crontab::Dialect;

/// The folders, and when they are run. On Amazon Linux anacron runs all but the first: within three quarters of an hour of these times, which are its earliest.
/// <https://github.com/cronie-crond/cronie/blob/master/contrib/anacrontab>, <https://manpages.debian.org/stable/cron/cron.8.en.html>
pub(super) fn folders(dialect: Dialect) -> [(&'static str, &'static str); 4] {
    let times = match dialect {
        Dialect::Cronie => ["1 * * * *", "6 3 * * *", "26 3 * * 0", "46 3 1 * *"],
        Dialect::Debian => ["17 * * * *", "25 6 * * *", "47 6 * * 7", "52 6 1 * *"],
    };
    let [hourly, daily, weekly, monthly] = times;
    [("/etc/cron.hourly", hourly), ("/etc/cron.daily", daily), ("/etc/cron.weekly", weekly), ("/etc/cron.monthly", monthly)]
}

/// The path that their scripts have.
pub(super) fn path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Cronie => "/sbin:/bin:/usr/sbin:/usr/bin",
        Dialect::Debian => "/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin",
    }
}

/// What is in a folder, by name.
pub(super) fn listed(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// Whether Debian's run-parts and cron take a file of this name. <https://manpages.debian.org/stable/debianutils/run-parts.8.en.html>
pub(super) fn is_debians_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|each| each.is_ascii_alphanumeric() || ['_', '-'].contains(&each))
}

/// The scripts of a folder that are run, and those that are not, with the reason.
pub(super) fn parts(folder: &Path, dialect: Dialect) -> (Vec<PathBuf>, Vec<String>) {
    let (mut run, mut left_out) = (Vec::new(), Vec::new());
    for path in listed(folder).into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let takes = match dialect {
            Dialect::Debian => is_debians_name(&name),
            Dialect::Cronie => ![".rpmsave", ".rpmorig", ".rpmnew", ".swp", ",v", "~", ","].iter().any(|end| name.ends_with(end)),
        };
        let may_run = fs::metadata(&path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0);
        match (takes, may_run) {
            (true, true) => run.push(path),
            (true, false) => left_out.push(format!("{}: run-parts leaves it out, as it may not be executed", path.display())),
            (false, _) if name.starts_with('.') => {}
            (false, _) => left_out.push(format!("{}: run-parts leaves files of such a name out", path.display())),
        }
    }
    (run, left_out)
}

/// Runs each, and fails if any does.
pub(super) fn command(parts: &[PathBuf]) -> String {
    let mut command = "code=0".to_owned();
    for part in parts {
        let quoted = part.display().to_string().replace('\'', "'\\''");
        command.push_str(&format!("; '{quoted}' || code=$?"));
    }
    // A percent sign of a name is none of cron's.
    format!("{}; exit $code", command.replace('%', "\\%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_with_a_dot_in_its_name_is_not_run_on_debian_and_one_that_may_not_be_executed_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in [("backup", 0o755), ("backup.sh", 0o755), ("plain", 0o644), ("old.rpmsave", 0o755)] {
            fs::write(folder.path().join(name), "").unwrap();
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let names = |dialect| {
            let (run, left_out) = parts(folder.path(), dialect);
            (run.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>(), left_out.len())
        };
        assert_eq!(names(Dialect::Debian), (vec!["backup".to_owned()], 3));
        assert_eq!(names(Dialect::Cronie), (vec!["backup".to_owned(), "backup.sh".to_owned()], 2));
    }
}
