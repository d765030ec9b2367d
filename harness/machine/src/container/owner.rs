//! Whose a container is: a run of nightproof, known by the folder that it holds a lock in.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

/// Label with the run's id.
pub(super) const RUN: &str = "nightproof.run";
/// Label with the time, RFC 3339, after which the container is nobody's.
pub(super) const EXPIRES: &str = "nightproof.expires";
/// Label with the run's folder, after the mount namespace in which that name means something.
const FOLDER: &str = "nightproof.folder";
/// The file in the run's folder that is locked for as long as the run lives.
const LOCK: &str = "lock";

/// A run of nightproof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its id, unique on this machine.
    pub run: String,
    /// Its folder, with a file `lock` that it holds locked.
    pub folder: PathBuf,
    /// When its containers are nobody's any more, even if it still lives.
    pub expires: Timestamp,
}

/// The time of the outside world: what a run leaves is found by runs that come later, whose regions have other clocks.
#[expect(clippy::disallowed_methods, reason = "labels outlive the region, and its clock with it")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

impl Owner {
    /// The run whose folder this is; its containers expire after `lifetime`.
    pub fn of(folder: &Path, lifetime: SignedDuration) -> Self {
        let run = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self { run, folder: folder.to_owned(), expires: now().saturating_add(lifetime).unwrap_or(Timestamp::MAX) }
    }

    /// The labels of its containers.
    pub(super) fn labels(&self) -> HashMap<String, String> {
        [
            (RUN, self.run.clone()),
            (EXPIRES, format!("{:.0}", self.expires)),
            (FOLDER, format!("{}:{}", mount_namespace(), self.folder.display())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// Whether the run that the labels name has ended. A run in another mount namespace cannot be seen from here and counts as alive.
pub(super) fn is_gone(labels: &HashMap<String, String>) -> bool {
    let Some((namespace, folder)) = labels.get(FOLDER).and_then(|label| label.split_once(':')) else { return false };
    if namespace != mount_namespace().to_string() {
        return false;
    }
    match File::open(Path::new(folder).join(LOCK)) {
        Ok(lock) => !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Whether the time on the labels is over. A label that cannot be read is as good as none, and a container without is nobody's.
pub(super) fn is_expired(labels: &HashMap<String, String>, now: Timestamp) -> bool {
    let expires = labels.get(EXPIRES).and_then(|label| label.parse::<Timestamp>().ok());
    expires.is_none_or(|expires| expires <= now)
}

fn mount_namespace() -> u64 {
    std::fs::metadata("/proc/self/ns/mnt").map(|metadata| metadata.ino()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lives_for_as_long_as_it_holds_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let labels = Owner::of(folder.path(), SignedDuration::from_hours(1)).labels();
        assert!(is_gone(&labels), "a folder without lock file is that of a run that was removed");
        let lock = File::create(folder.path().join(LOCK)).unwrap();
        lock.lock().unwrap();
        assert!(!is_gone(&labels));
        drop(lock);
        assert!(is_gone(&labels));
    }

    #[test]
    fn a_run_of_another_mount_namespace_counts_as_alive() {
        let folder = Path::new("/nonexistent/nightproof-x");
        let mut labels = Owner::of(folder, SignedDuration::from_hours(1)).labels();
        assert!(is_gone(&labels));
        labels.insert(FOLDER.to_owned(), format!("1:{}", folder.display()));
        assert!(!is_gone(&labels));
    }

    #[test]
    fn labels_expire_at_their_time_and_unreadable_ones_at_once() {
        let owner = Owner::of(Path::new("/x"), SignedDuration::from_hours(1));
        let mut labels = owner.labels();
        assert!(!is_expired(&labels, owner.expires - SignedDuration::from_secs(2)));
        assert!(is_expired(&labels, owner.expires));
        labels.insert(EXPIRES.to_owned(), "tomorrow".to_owned());
        assert!(is_expired(&labels, Timestamp::MIN));
    }
}
