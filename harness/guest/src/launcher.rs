//! The process that makes a sandbox and holds it.
//!
//! It is a process of its own because forking out of a threaded program is not safe, and because a parent-death signal follows the
//! *thread* that forked. nightproof holds the other end of its standard input: when that closes, however nightproof ended, the machine is
//! killed. When the launcher itself is killed, the kernel kills the machine (`PR_SET_PDEATHSIG`).

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use hakoniwa::{Container, MountOptions, Namespace, Rlimit, Runctl};
use nightproof_machine_protocol::GUEST;
use nightproof_machine_protocol::spec::{INSTALLED, LOCAL, LauncherSpec, NO_SANDBOX, ON_DISK, System, inside};
use rustix::io::Errno;
use rustix::process::{WaitOptions, wait};

use crate::{keyring, limits, own_root, signals};

const USR: &str = "/usr";
/// Folders of the host that a machine sees, read-only.
const SYSTEM: [&str; 6] = [USR, "/bin", "/sbin", "/lib", "/lib64", "/lib32"];
/// Folders that are the machine's own and always in memory.
const IN_MEMORY: [&str; 2] = ["/tmp", "/run"];

pub(crate) fn main() -> ExitCode {
    signals::reset();
    match launch() {
        Ok(code) => ExitCode::from(code),
        Err(reason) => {
            let _ = writeln!(io::stderr(), "{reason}");
            ExitCode::from(NO_SANDBOX)
        }
    }
}

fn launch() -> Result<u8, String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| format!("cannot read the machine's spec: {error}"))?;
    let spec: LauncherSpec = serde_json::from_str(&line).map_err(|error| format!("cannot read the machine's spec: {error}"))?;
    // What outlives the process that holds the machine's first one is this process's child then, and can be waited for.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| format!("cannot wait for what a machine leaves behind: {error}"))?;
    keyring::leave();
    if let System::Overlay { lower, written } = &spec.system {
        own_root::enter(&spec.root, lower, written)?;
    }
    let container = container(&spec);
    let (program, arguments) = spec.start.split_first().ok_or("nothing says how the machine is started")?;
    let mut command = container.command(program);
    for argument in arguments {
        command.arg(argument);
    }
    command.arg(GUEST).stdin(hakoniwa::Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    drop(child.stdin.take());
    // Only now may there be threads.
    let machine = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap_or(0));
    std::thread::spawn(move || {
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        if let Some(machine) = machine {
            let _ = rustix::process::kill_process(machine, rustix::process::Signal::KILL);
        }
    });
    let status = child.wait().map_err(|error| error.to_string())?;
    wait_for_the_rest();
    match status.exit_code {
        Some(code) => Ok(u8::try_from(code & 0xff).unwrap_or(1)),
        None if status.code == i32::from(NO_SANDBOX) => Err(status.reason),
        None => Ok(u8::try_from(status.code & 0xff).unwrap_or(1)),
    }
}

/// Returns when no process of the machine is left: the kernel kills them all, and takes its time.
fn wait_for_the_rest() {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

fn container(spec: &LauncherSpec) -> Container {
    let mut container = Container::new();
    if matches!(spec.system, System::Overlay { .. }) {
        // This process is in one of its own.
        container.share(Namespace::User);
    }
    container.unshare(Namespace::Network).unshare(Namespace::Ipc).unshare(Namespace::Uts);
    container.uidmap(0).gidmap(0).hostname(&spec.hostname).rootdir(&spec.root);
    // Flags that an unprivileged user cannot clear on a remount are kept.
    container.runctl(Runctl::MountFallback);
    if spec.writable_root {
        container.runctl(Runctl::RootdirRW);
    }
    match spec.system {
        System::Host => see_the_host(&mut container, spec),
        System::Overlay { .. } | System::Folder => {}
    }
    for folder in IN_MEMORY {
        let mode = if folder == "/tmp" { "1777" } else { "755" };
        let size = spec.tmp_mib.filter(|_| folder == "/tmp").unwrap_or(spec.tmpfs_mib);
        in_memory(&mut container, folder, size, mode);
    }
    // What every system has there from its installation; a disk has it already.
    container.dir("/run/lock", 0o755);
    container.devfsmount("/dev");
    for bind in &spec.binds {
        let outside = bind.outside.to_string_lossy();
        if bind.writable {
            container.bindmount_rw(&outside, &bind.inside);
        } else {
            container.bindmount_ro(&outside, &bind.inside);
        }
    }
    container.setrlimit(Rlimit::Core, 0, 0);
    let processes = limits::of_machine();
    container.setrlimit(Rlimit::Nproc, processes, processes);
    container
}

fn in_memory(container: &mut Container, folder: &str, size: u64, mode: &str) {
    let data = format!("size={size}m,mode={mode}");
    container.mount("tmpfs", folder, "tmpfs", MountOptions::NOSUID | MountOptions::NODEV, Some(data));
}

/// Has the machine see the host's programs, and have all else on its own disk.
fn see_the_host(container: &mut Container, spec: &LauncherSpec) {
    for folder in SYSTEM {
        match (std::fs::read_link(folder), &spec.layer) {
            // A disk has it from its first boot.
            (Ok(_), _) if spec.root.join(folder.trim_start_matches('/')).is_symlink() => {}
            (Ok(target), _) => {
                container.symlink(&target.to_string_lossy(), folder);
            }
            (Err(_), Some(layer)) if folder == USR => {
                let lower = format!("{}:{USR}", layer.display());
                match &spec.upper {
                    Some(upper) => {
                        let folder = |name: &str| upper.join(name).display().to_string();
                        let data = format!("lowerdir={lower},upperdir={},workdir={},userxattr", folder("upper"), folder("work"));
                        container.mount("overlay", USR, "overlay", MountOptions::NOSUID, Some(data));
                    }
                    None => {
                        container.overlaymount_ro(&lower, USR);
                    }
                }
                container.bindmount_ro(USR, inside::USR);
            }
            (Err(_), _) if Path::new(folder).is_dir() => {
                container.bindmount_ro(folder, folder);
            }
            (Err(_), _) => {}
        }
    }
    container.bindmount_ro(&spec.program.to_string_lossy(), inside::GUEST);
    if let Some(size) = spec.disk_mib {
        in_memory(container, inside::DISK, size, "755");
    }
    let own = |folder: &&str| *folder != LOCAL || !spec.host_local;
    for folder in ON_DISK.into_iter().filter(|folder| spec.disk_mib.is_none() && own(folder)) {
        match &spec.disk {
            Some(disk) => {
                container.bindmount_rw(&disk.join(folder.trim_start_matches('/')).to_string_lossy(), folder);
            }
            None => in_memory(container, folder, spec.tmpfs_mib, "755"),
        }
    }
    if spec.disk_mib.is_some() {
        // The first process mounts each of the disk's folders on its place.
        for folder in ON_DISK.into_iter().filter(own) {
            container.dir(&format!("{}{folder}", inside::DISK), 0o755);
            // It is there, in what is read-only.
            if folder != LOCAL {
                container.dir(folder, 0o755);
            }
        }
    }
    if spec.disk.is_none() || spec.disk_mib.is_some() {
        let disk = if spec.disk_mib.is_some() { inside::DISK } else { "" };
        for (folder, mode) in INSTALLED {
            container.dir(&format!("{disk}{folder}"), mode);
        }
    }
}
