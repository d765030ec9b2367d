//! The folder of one run, below the system's temporary folder: gone when the run ends, swept by the next run if this one was killed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use nightproof_machine::remove_folder;

use crate::error::Error;

const PREFIX: &str = "nightproof-";
const LOCK: &str = "lock";

/// A run's own folder. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
    /// Held as long as the run lives; the kernel lets go of it however the process ends.
    _lock: File,
}

impl Workspace {
    /// Removes the folders of killed runs, then makes a folder for this run.
    pub(crate) fn new() -> Result<Self, Error> {
        Self::made().map_err(Error::Workspace)
    }

    fn made() -> io::Result<Self> {
        let parent = std::env::temp_dir();
        for folder in abandoned(&parent) {
            // What stays is found by the next run, and by `nightproof sweep`, which says why.
            let _ = remove_folder(&folder);
        }
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent)?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes the folder; an error says what could not be removed.
    pub(crate) fn remove(self) -> io::Result<()> {
        // What the machines of a region leave may have any permissions.
        remove_folder(&self.folder.keep())
    }
}

/// The folders of runs whose process has ended. A folder without a lock file belongs to a run that is just starting, or to somebody else.
pub(crate) fn abandoned(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let ours = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    ours.map(|entry| entry.path()).filter(|folder| is_abandoned(folder)).collect()
}

fn is_abandoned(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join(LOCK)) else { return false };
    !matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_abandoned_when_nobody_holds_its_lock() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["nightproof-dead", "nightproof-alive", "other"] {
            fs::create_dir(parent.path().join(name)).unwrap();
            File::create(parent.path().join(name).join(LOCK)).unwrap();
        }
        let alive = File::open(parent.path().join("nightproof-alive/lock")).unwrap();
        alive.lock().unwrap();
        fs::create_dir(parent.path().join("nightproof-starting")).unwrap();
        assert_eq!(abandoned(parent.path()), [parent.path().join("nightproof-dead")]);
    }
}
