//! The disk of an instance: folders of the region that stand in for the volume's file system, and outlive the machine.
//!
//! An instance that stops keeps what it wrote, as with a volume of EBS, but for /tmp and /run, which are in memory on Amazon Linux too. The
//! size of the volume is not enforced: what the host has free is the limit, as only root could set another. A disk that must fill up is one
//! in memory (`disk_mib`), which does not outlive the machine. Everything on the disk belongs to root, the one user that a
//! machine has, and so on the host to whoever runs nightproof.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nightproof_machine_protocol::spec::{INSTALLED, LOCAL_PROGRAMS, ON_DISK};

/// Size of each writable file system of a machine, MiB. Memory is used as it is written.
pub(super) const TMPFS_MIB: u64 = 4096;

/// The folder of the disk that holds what is in the root folder itself.
const ROOT: &str = "rootfs";

/// Where a disk has what is in the root folder itself.
pub(super) fn root(disk: &Path) -> PathBuf {
    disk.join(ROOT)
}

/// Where a disk has what is written to /usr.
pub(super) fn usr(disk: &Path) -> PathBuf {
    disk.join("usr-written")
}

/// Where a disk has what is written over a root file system.
pub(super) fn system(disk: &Path) -> PathBuf {
    disk.join("system-written")
}

/// Makes an empty disk for a root file system. Nothing happens to one that exists.
pub(super) fn make_for_rootfs(disk: &Path) -> io::Result<()> {
    ["upper", "work"].into_iter().try_for_each(|part| fs::create_dir_all(system(disk).join(part)))
}

/// Makes an empty disk. Nothing happens to one that exists.
pub(super) fn make(disk: &Path) -> io::Result<()> {
    if disk.exists() {
        return Ok(());
    }
    for folder in ON_DISK.into_iter().chain([ROOT]).chain(LOCAL_PROGRAMS) {
        fs::create_dir_all(disk.join(folder.trim_start_matches('/')))?;
    }
    for part in ["upper", "work"] {
        fs::create_dir_all(usr(disk).join(part))?;
    }
    for (folder, mode) in INSTALLED {
        let folder = folder.trim_start_matches('/');
        fs::create_dir_all(disk.join(folder))?;
        fs::set_permissions(disk.join(folder), fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Whether programs may be run from where the disk is to be: hardened hosts mount /tmp so that they may not, and instances run their scripts
/// from their disk.
pub(super) fn may_execute(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|found| !found.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
}

/// Removes a folder with all that is in it, whatever permissions a script gave to folders in it.
///
/// # Errors
/// What the file system answered. That there is no such folder is no error.
pub fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(folder)?;
            fs::remove_dir_all(folder)
        }
        other => other,
    }
}

/// Lets the owner into every folder below `folder`. Links are not followed.
fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_made_once_and_removed_whatever_its_permissions() {
        let parent = tempfile::tempdir().unwrap();
        let disk = parent.path().join("i-1");
        make(&disk).unwrap();
        fs::write(disk.join("var/kept"), "kept").unwrap();
        make(&disk).unwrap();
        assert_eq!(fs::read_to_string(disk.join("var/kept")).unwrap(), "kept");
        fs::create_dir_all(disk.join("var/closed/deep")).unwrap();
        for closed in ["var/closed/deep", "var/closed"] {
            fs::set_permissions(disk.join(closed), fs::Permissions::from_mode(0o000)).unwrap();
        }
        open_up(&disk).unwrap();
        assert_eq!(fs::metadata(disk.join("var/closed/deep")).unwrap().permissions().mode() & 0o777, 0o700);
        remove(&disk).unwrap();
        remove(&disk).unwrap();
        assert!(!disk.exists());
    }
}
