//! Which system a folder has.

use std::io::Read as _;
use std::path::Path;

use nightproof_machine_image::{PLATFORMS, Platform};

use super::RootfsError;
use super::tree::open_in;

/// This machine's architecture, as images name it.
pub(super) const HOST: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

/// Files that name a system, the first of which counts. <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>
const RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// The platform of the system in `tree`: its own, or `named` if it is none of those that are known. `path` is where it came from.
pub(super) fn identify(tree: &Path, path: &Path, named: Option<&'static Platform>) -> Result<&'static Platform, RootfsError> {
    let mut head = [0; 20];
    let read = open_in(tree, Path::new("bin/sh")).and_then(|mut shell| shell.read_exact(&mut head));
    let found = match (read, architecture(&head)) {
        (Ok(()), Some(found)) => found,
        _ => return Err(RootfsError::NoShell(path.to_owned())),
    };
    if found != HOST {
        return Err(RootfsError::Architecture { path: path.to_owned(), found, host: HOST });
    }
    let release = RELEASE.iter().find_map(|name| {
        let mut text = String::new();
        open_in(tree, Path::new(name)).ok()?.take(64 * 1024).read_to_string(&mut text).ok().map(|_| text)
    });
    let release = release.unwrap_or_default();
    let unknown = || {
        let system = field(&release, "PRETTY_NAME").or_else(|| field(&release, "ID")).unwrap_or("no os-release");
        RootfsError::System { path: path.to_owned(), system: system.to_owned() }
    };
    platform(&release).or(named).ok_or_else(unknown)
}

/// The platform that an `os-release` is of. Rebuilds of Red Hat's system are that.
fn platform(release: &str) -> Option<&'static Platform> {
    let (id, version) = (field(release, "ID")?, field(release, "VERSION_ID")?);
    let key = match id {
        "amzn" => format!("amazon-linux-{version}"),
        "rhel" | "rocky" | "almalinux" | "centos" | "ol" => format!("rhel-{}", version.split('.').next().unwrap_or(version)),
        other => format!("{other}-{version}"),
    };
    PLATFORMS.into_iter().find(|platform| platform.key == key)
}

fn field<'a>(release: &'a str, name: &str) -> Option<&'a str> {
    let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(line.trim().trim_matches(['"', '\'']))
}

/// The architecture of a program, by its head. <https://man7.org/linux/man-pages/man5/elf.5.html>
fn architecture(head: &[u8; 20]) -> Option<String> {
    let [0x7f, b'E', b'L', b'F', _, order, .., low, high] = *head else { return None };
    let machine = if order == 2 { u16::from_be_bytes([low, high]) } else { u16::from_le_bytes([low, high]) };
    Some(match machine {
        3 => "386".to_owned(),
        40 => "arm".to_owned(),
        62 => "amd64".to_owned(),
        183 => "arm64".to_owned(),
        243 => "riscv64".to_owned(),
        other => format!("ELF machine {other}"),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use nightproof_machine_image::UBUNTU_24_04;

    #[test]
    fn every_platform_is_known_by_its_own_file_and_others_by_nobodys() {
        for known in PLATFORMS {
            assert_eq!(platform(known.os_release).map(|found| found.key), Some(known.key));
        }
        let rocky = "ID=\"rocky\"\nVERSION_ID=\"9.5\"\n";
        assert_eq!(platform(rocky).map(|found| found.key), Some("rhel-9"));
        for other in ["ID=alpine\nVERSION_ID=3.20.0\n", "ID=debian\n", "ID=debian\nVERSION_ID=\"11\"\n", ""] {
            assert_eq!(platform(other), None, "{other}");
        }
    }

    #[test]
    fn a_system_without_a_shell_or_of_another_processor_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let identified = || identify(folder.path(), Path::new("image.tar"), None);
        assert!(matches!(identified(), Err(RootfsError::NoShell(_))));
        fs::create_dir(folder.path().join("bin")).unwrap();
        let sh = folder.path().join("bin/sh");
        fs::write(&sh, "#!/bin/something\n").unwrap();
        assert!(matches!(identified(), Err(RootfsError::NoShell(_))));
        let mut head = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x15\0";
        fs::write(&sh, head).unwrap();
        assert_eq!(
            identified().unwrap_err().to_string(),
            format!("`image.tar` is of the architecture ELF machine 21, and this machine is {HOST}")
        );
        head[18] = if HOST == "amd64" { 62 } else { 183 };
        fs::write(&sh, head).unwrap();
        assert!(matches!(identified(), Err(RootfsError::System { .. })));
        assert_eq!(identify(folder.path(), Path::new("x"), Some(&UBUNTU_24_04)).unwrap().key, "ubuntu-24.04");
        fs::create_dir(folder.path().join("etc")).unwrap();
        fs::write(folder.path().join("etc/os-release"), "ID=debian\nVERSION_ID=\"12\"\n").unwrap();
        assert_eq!(identify(folder.path(), Path::new("x"), Some(&UBUNTU_24_04)).unwrap().key, "debian-12");
    }
}
