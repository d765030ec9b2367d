//! The first process of a machine: finishes the sandbox, answers for AWS, runs the guest as its child, and reaps what scripts leave behind.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ExitCode};

use nightproof_machine_protocol::GUEST;
use nightproof_machine_protocol::spec::{ON_DISK, Task, inside};
use rustix::fs::{Mode, OFlags, open, readlinkat};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount_bind, mount_bind_recursive, mount_remount, unmount};
use rustix::process::{Pid, WaitOptions, wait};

use crate::console;
use crate::network;
use crate::network::Aws;
use crate::re_exec::re_exec;
use crate::unshare::unshare;

/// What of /proc belongs to the whole host, and is writable for its root: a machine started by root has root's user id.
const OF_THE_HOST: [&str; 5] = ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"];

/// Runs the machine to its end; returns the guest's exit code, or 128 and the signal's number as shells do.
pub(crate) fn main() -> ExitCode {
    let ended = prepare().and_then(|(task, aws)| {
        aws.serve(&task.region, task.instance)?;
        run(&mut || re_exec(GUEST)?.spawn(), task.instance && task.command.is_empty())
    });
    match ended {
        Ok(code) => ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1)),
        Err(error) => {
            console::print(&format!("init: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn prepare() -> Result<(Task, Aws), String> {
    let task = crate::task::read()?;
    let aws = network::make(task.address)?;
    // The network belongs to this user namespace, in which nobody is left after `lock_mounts`; root may still use low ports.
    fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")
        .map_err(|error| format!("cannot open the low ports: {error}"))?;
    place_disk().map_err(|error| format!("cannot put the disk in its place: {error}"))?;
    if let Some(program) = task.platform.as_ref().and_then(|platform| platform.sh.as_ref()) {
        place_sh(program).map_err(|error| format!("cannot make {} the machine's sh: {error}", program.display()))?;
    }
    for path in OF_THE_HOST {
        protect(path).map_err(|error| format!("cannot make {path} read-only: {error}"))?;
    }
    if let Err(error) = lock_mounts() {
        // What is read-only is so without it; only a script that remounts on purpose could tell.
        console::print(&format!("init: mounts are not locked: {error}"));
    }
    Ok((task, aws))
}

/// Mounts the folders of a disk in memory on their places, where there is one.
fn place_disk() -> io::Result<()> {
    if fs::symlink_metadata(inside::DISK).is_err() {
        return Ok(());
    }
    for folder in ON_DISK.into_iter().filter(|folder| Path::new(&format!("{}{folder}", inside::DISK)).exists()) {
        mount_bind_recursive(format!("{}{folder}", inside::DISK).as_str(), folder)?;
    }
    Ok(unmount(inside::DISK, UnmountFlags::DETACH)?)
}

/// Makes `program` the machine's `sh`, by a link to it mounted over the host's. That is a link too, whose own target stays what it is: so
/// both are opened as links, which a mount by path would follow.
fn place_sh(program: &Path) -> io::Result<()> {
    symlink(program, inside::SH)?;
    let link = open(inside::SH, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    for sh in ["/usr/bin/sh", "/bin/sh"] {
        let host = match open(sh, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
            Err(Errno::NOENT) => continue,
            opened => opened?,
        };
        // Where /bin is a link to /usr/bin the first has done it.
        if readlinkat(&host, "", Vec::new()).is_ok_and(|target| target.as_bytes() == program.as_os_str().as_bytes()) {
            continue;
        }
        let path = |descriptor: &OwnedFd| format!("/proc/self/fd/{}", descriptor.as_raw_fd());
        mount_bind(path(&link).as_str(), path(&host).as_str())?;
    }
    Ok(())
}

fn protect(path: &str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    mount_bind_recursive(path, path)?;
    let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    Ok(mount_remount(path, flags, "")?)
}

/// Enters a user and a mount namespace of its own: there, the mounts so far can be neither unmounted nor made writable.
fn lock_mounts() -> io::Result<()> {
    unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", "0 0 1")?;
    fs::write("/proc/self/gid_map", "0 0 1")
}

/// Starts the guest and reaps orphans until it ends; returns its exit code. A machine that `goes_on` outlives its guest when somebody in it
/// kills that, as an instance outlives all but its first process: the guest is then started again.
pub(crate) fn run(start: &mut dyn FnMut() -> io::Result<Child>, goes_on: bool) -> Result<i32, String> {
    let mut start = || {
        let guest = start().map_err(|error| format!("cannot start the guest: {error}"))?;
        Ok::<_, String>(i32::try_from(guest.id()).ok().and_then(Pid::from_raw))
    };
    let mut guest = start()?;
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((ended, status))) if Some(ended) == guest => match (status.exit_status(), status.terminating_signal()) {
                (None, Some(signal)) if goes_on => {
                    console::print(&format!("init: the machine's own part was ended by signal {signal}, and is started again"));
                    guest = start()?;
                }
                (code, signal) => return Ok(code.unwrap_or_else(|| 128 + signal.unwrap_or(0))),
            },
            // An orphan of the guest's, adopted by the first process.
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(format!("cannot wait for the guest: {error}")),
        }
    }
}
