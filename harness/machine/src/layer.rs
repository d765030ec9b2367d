//! What a machine sees before the host's own /usr: the programs that are nightproof's, and whiteouts of those that its platform lacks.
//!
//! The layer and the host's /usr are the lower folders of a read-only overlay, which a user namespace may mount since Linux 5.11. On an older
//! kernel the machine has the host's programs as they are, and nightproof's in `/usr/local`.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nightproof_machine_protocol::command::{COMMANDS, CRON, OF_AMAZON_LINUX, PACKAGE_MANAGERS};
use nightproof_machine_protocol::spec::inside;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::shell::{self, Sh};
use super::{MachineError, Platform};

/// A layer, and whether what lies over it can be written to.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) folder: PathBuf,
    pub(super) writable: bool,
}

/// What of overlays this host's kernel, and the file system of the region's folder, have turned out to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlays {
    /// With a folder that takes what is written.
    Writable,
    /// For reading.
    ReadOnly,
    /// None.
    None,
}

/// Where programs are below /usr.
const PROGRAMS: [&str; 2] = ["bin", "sbin"];

/// Makes the layer of a platform in `folder`, on a host whose root is `root`; nothing happens to one that exists.
pub(super) fn make(folder: &Path, platform: &Platform, root: &Path) -> Result<PathBuf, MachineError> {
    let layer = folder.join(platform.key);
    if layer.exists() {
        return Ok(layer);
    }
    let sh = shell::choose(platform, root)?;
    let made = || {
        fs::create_dir_all(folder)?;
        // Two machines may boot at once: each makes its own, and one of them stays.
        let new = tempfile::Builder::new().prefix("new-").tempdir_in(folder)?;
        fill(new.path(), platform, &root.join("usr"), &sh)?;
        fs::set_permissions(new.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        match fs::rename(new.path(), &layer) {
            Err(_) if layer.exists() => Ok(()),
            renamed => renamed,
        }
    };
    made().map_err(|source: io::Error| MachineError::Folder { path: layer.clone(), source })?;
    Ok(layer)
}

fn fill(layer: &Path, platform: &Platform, usr: &Path, sh: &Sh) -> io::Result<()> {
    // Where one is a link to the other, a folder in its place would hide the other's programs.
    let folders: Vec<&str> = PROGRAMS.into_iter().filter(|folder| !usr.join(folder).is_symlink()).collect();
    for folder in folders.iter().chain(&["local", "lib"]) {
        fs::create_dir_all(layer.join(folder))?;
    }
    let place = |folder: &str| layer.join(if folders.contains(&folder) { folder } else { "bin" });
    let managers = PACKAGE_MANAGERS.iter().filter(|(name, _)| platform.family.package_managers().contains(name));
    let managers = managers.filter(|(name, _)| !platform.lacks.contains(name));
    let amazons = OF_AMAZON_LINUX.iter().filter(|_| platform.is_amazon_linux());
    let cron = CRON.iter().filter(|(name, _)| platform.cron().contains(name));
    for (name, folder) in COMMANDS.iter().chain(managers).chain(amazons).chain(cron) {
        symlink(inside::GUEST, place(folder).join(name))?;
    }
    if platform.is_amazon_linux() {
        symlink(Path::new(inside::TOOLS).join("aws"), layer.join("bin/aws"))?;
    }
    if let Sh::Program(program) = sh {
        symlink(program, layer.join("bin/sh"))?;
    }
    if !usr.join("lib").is_symlink() {
        symlink("/etc/os-release", layer.join("lib/os-release"))?;
    }
    for name in platform.absent() {
        for folder in &folders {
            let here = layer.join(folder).join(name);
            if usr.join(folder).join(name).is_symlink() || usr.join(folder).join(name).exists() {
                // A device that is none: to an overlay, that a lower folder's file is gone. Anybody may make it since Linux 5.8.
                mknodat(CWD, &here, FileType::CharacterDevice, Mode::empty(), 0)?;
            }
        }
    }
    Ok(())
}

/// Whether an overlay's options can name the folder.
pub(super) fn can_be_named(folder: &Path) -> bool {
    !folder.to_string_lossy().contains([',', ':', '\\', '"'])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt as _;

    use nightproof_machine_image::{AMAZON_LINUX_2023, UBUNTU_24_04};

    use super::*;

    #[test]
    fn a_layer_has_the_platforms_commands_and_hides_what_the_host_has_beside() {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("usr/bin");
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(root.path().join("usr/lib")).unwrap();
        symlink("bin", root.path().join("usr/sbin")).unwrap();
        for program in ["bash", "dash", "sh", "pg_dump", "apt-get", "tar"] {
            fs::write(bin.join(program), "").unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let layer = make(folder.path(), &AMAZON_LINUX_2023, root.path()).unwrap();
        let kind = |name: &str| fs::symlink_metadata(layer.join("bin").join(name)).map(|found| found.file_type());
        for ours in ["sudo", "runuser", "ec2-metadata", "dnf", "aws", "sh"] {
            assert!(kind(ours).unwrap().is_symlink(), "{ours}");
        }
        for hidden in ["pg_dump", "apt-get"] {
            assert!(kind(hidden).unwrap().is_char_device(), "{hidden}");
        }
        assert!(kind("tar").is_err() && kind("docker").is_err() && !layer.join("sbin").exists());
        assert_eq!(make(folder.path(), &AMAZON_LINUX_2023, root.path()).unwrap(), layer);
        let ubuntu = make(folder.path(), &UBUNTU_24_04, root.path()).unwrap();
        assert!(ubuntu.join("bin/apt-get").is_symlink() && !ubuntu.join("bin/ec2-metadata").is_symlink());
    }

    #[test]
    fn a_folder_whose_name_an_overlay_would_misread_has_no_layer() {
        assert!(can_be_named(Path::new("/tmp/nightproof-1")) && !can_be_named(Path::new("/tmp/a:b")));
    }
}
