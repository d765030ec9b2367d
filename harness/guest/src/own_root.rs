//! A root folder from an overlay, in a user and a mount namespace of this process's own.
//!
//! What makes the rest of a sandbox mounts at places below its root, and so nothing on the root itself.

use std::ffi::CString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::process::{getgid, getuid};

use crate::unshare::unshare;

/// Enters namespaces in which this process is root, and mounts `lower`, the uppermost first, on `root`. What is written goes to the folder
/// `written`, which has `upper` and `work`, or to memory of so many MiB.
///
/// # Errors
/// In words, which name the overlay if that is what the kernel refuses.
pub(crate) fn enter(root: &Path, lower: &[PathBuf], written: &Result<PathBuf, u64>) -> Result<(), String> {
    namespaces().map_err(|error| format!("cannot make a user namespace: {error}"))?;
    let written = match written {
        Ok(folder) => folder.clone(),
        Err(size) => memory(root, *size).map_err(|error| format!("cannot make a disk in memory: {error}"))?,
    };
    overlay(root, lower, &written).map_err(|error| format!("cannot mount an overlay: {error}"))
}

fn namespaces() -> io::Result<()> {
    let (user, group) = (getuid(), getgid());
    unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))?;
    Ok(mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?)
}

/// A folder in memory for what is written, beside the root.
fn memory(root: &Path, size: u64) -> io::Result<PathBuf> {
    let folder = root.with_file_name("memory");
    fs::create_dir_all(&folder)?;
    mount(
        "tmpfs",
        &folder,
        "tmpfs",
        MountFlags::NOSUID | MountFlags::NODEV,
        Some(CString::new(format!("size={size}m,mode=755"))?.as_c_str()),
    )?;
    for part in ["upper", "work"] {
        fs::create_dir(folder.join(part))?;
    }
    Ok(folder)
}

fn overlay(root: &Path, lower: &[PathBuf], written: &Path) -> io::Result<()> {
    let lower: Vec<String> = lower.iter().map(|folder| folder.display().to_string()).collect();
    let (upper, work) = (written.join("upper"), written.join("work"));
    let data = format!("lowerdir={},upperdir={},workdir={},userxattr", lower.join(":"), upper.display(), work.display());
    Ok(mount("overlay", root, "overlay", MountFlags::NOSUID | MountFlags::NODEV, Some(CString::new(data)?.as_c_str()))?)
}
