//! An instance whose files are a root file system's, and not this host's.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nightproof_machine_protocol::COMMAND;
use nightproof_machine_protocol::spec::{System, inside};

use super::binds::Binds;
use super::rootfs::{Instance, Rootfs, copy_folder, fill_own_layer};
use super::{MachineError, MachineSpec, Machines, disk, interposer, layer};

/// How its sandbox is made.
pub(super) struct OnRootfs {
    /// Where its files are from.
    pub(super) system: System,
    /// How its first process is started.
    pub(super) start: Vec<String>,
    /// What they are mounted on.
    pub(super) root: PathBuf,
}

/// Makes what an instance has beside the files of `rootfs`; returns it with what is seen of this host.
pub(super) fn prepare(
    machines: &Machines,
    spec: &MachineSpec,
    rootfs: &Rootfs,
    folder: &Path,
    disk: Option<&Path>,
) -> Result<(OnRootfs, Binds), MachineError> {
    let made = || {
        let (own, root) = (folder.join("own"), folder.join("root"));
        for path in [&own, &root] {
            fs::create_dir_all(path)?;
        }
        let tools = spec.tools.as_ref().map(|tools| tools.on_rootfs()).transpose()?;
        let instance = Instance {
            tree: rootfs.tree(),
            platform: rootfs.platform(),
            hostname: &spec.hostname,
            ca: &machines.settings().ca_pem,
            aws: tools.as_ref().map(|(_, script)| script.as_str()),
        };
        fill_own_layer(&own, &instance)?;
        let start = machines.guest_start()?;
        let script = folder.join("guest");
        fs::write(&script, script_of(&start.command))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        let mut binds: Binds = tools.map(|(binds, _)| binds).unwrap_or_default();
        binds.push((script, inside::GUEST.to_owned()));
        binds.extend(start.files);
        if machines.interposer().is_prepared() {
            binds.push(interposer::make(folder, &own.join("etc"))?);
        }
        let (system, root) = system(machines, rootfs, own, root, disk, spec.disk_mib)?;
        Ok((OnRootfs { system, start: start.command, root }, binds))
    };
    made().map_err(|source: io::Error| MachineError::Folder { path: folder.to_owned(), source })
}

/// Where the files come from: from an overlay, or a copy on the disk where none can be mounted.
fn system(
    machines: &Machines,
    rootfs: &Rootfs,
    own: PathBuf,
    root: PathBuf,
    disk: Option<&Path>,
    disk_mib: Option<u64>,
) -> io::Result<(System, PathBuf)> {
    let lower = vec![own, rootfs.tree().to_owned()];
    let written = match (disk, disk_mib) {
        (Some(disk), None) => Ok(disk::system(disk)),
        _ => Err(disk_mib.unwrap_or(disk::TMPFS_MIB)),
    };
    let nameable = lower.iter().chain(written.as_ref().ok()).all(|folder| layer::can_be_named(folder));
    if machines.overlays_are_writable() && nameable {
        return Ok((System::Overlay { lower, written }, root));
    }
    if let Some(size) = disk_mib {
        return Err(io::Error::other(format!("a disk of {size} MiB takes an overlay, which cannot be mounted here")));
    }
    let copied = disk.unwrap_or(&root).join("copied");
    if !copied.exists() {
        let new = copied.with_extension("new");
        disk::remove(&new)?;
        let lower: Vec<&Path> = lower.iter().rev().map(PathBuf::as_path).collect();
        copy_folder(&lower, &new)?;
        fs::rename(&new, &copied)?;
    }
    Ok((System::Folder, copied))
}

/// The script that is the guest under whatever name it is called by: the system's own loader need not be able to start it.
fn script_of(start: &[String]) -> String {
    format!("#!/bin/sh\nexec {} {COMMAND} \"${{0##*/}}\" \"$@\"\n", start.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guest_is_told_the_name_that_it_is_called_by() {
        let start = ["/run/nightproof/lib/ld.so", "--library-path", "/run/nightproof/lib", inside::PROGRAM].map(str::to_owned);
        assert_eq!(
            script_of(&start),
            "#!/bin/sh\nexec /run/nightproof/lib/ld.so --library-path /run/nightproof/lib /run/nightproof/program __command \
             \"${0##*/}\" \"$@\"\n"
        );
    }
}
