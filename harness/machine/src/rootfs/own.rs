//! What an instance sees before the files of its root file system: what an AMI has that images do not, and nightproof's own programs.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use nightproof_machine_image::Platform;
use nightproof_machine_protocol::command::{CFN, CFN_FOLDER, COMMANDS, CRON, OF_AMAZON_LINUX, PACKAGE_MANAGERS};
use nightproof_machine_protocol::spec::inside;

use super::archive::has_entry;
use super::tree::{open_in, resolve};
use crate::etc;

/// Where programs are, in any system.
const PROGRAMS: [&str; 4] = ["usr/bin", "usr/sbin", "bin", "sbin"];

/// Where distributions keep the certificates that are trusted: the first one always, others where there are such folders.
const CERTIFICATES: [&str; 5] = [
    inside::CA,
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
];

/// An instance that has its files from `tree`.
pub(crate) struct Instance<'a> {
    /// The root file system.
    pub(crate) tree: &'a Path,
    /// What it is.
    pub(crate) platform: &'a Platform,
    /// Host name inside.
    pub(crate) hostname: &'a str,
    /// The certificate that it trusts alone, PEM.
    pub(crate) ca: &'a str,
    /// The script that is its AWS CLI, if it is to have one and has none of its own.
    pub(crate) aws: Option<&'a str>,
}

/// Fills an empty folder with what `instance` sees first.
pub(crate) fn fill(folder: &Path, instance: &Instance<'_>) -> io::Result<()> {
    let Instance { tree, platform, hostname, ca, aws } = *instance;
    let layer = Layer { folder, tree };
    layer.write("/etc/hostname", &format!("{hostname}\n"))?;
    layer.write("/etc/hosts", &etc::hosts(hostname))?;
    layer.write("/etc/resolv.conf", etc::RESOLVER)?;
    for path in CERTIFICATES {
        let above = Path::new(path).parent().unwrap_or(Path::new("/"));
        if path == inside::CA || resolve(tree, above)?.is_some() {
            layer.write(path, ca)?;
        }
    }
    users(&layer, platform)?;
    commands(&layer, platform)?;
    let own = PROGRAMS.iter().chain(&["usr/local/bin"]).any(|folder| layer.has(folder, "aws"));
    if let Some(script) = aws.filter(|_| !own) {
        let program = format!("{}/aws", inside::TOOLS);
        layer.write(&program, script)?;
        fs::set_permissions(folder.join(program.trim_start_matches('/')), fs::Permissions::from_mode(0o755))?;
        // As its package has it on Amazon Linux, and its installer elsewhere.
        layer.program(if platform.is_amazon_linux() { "usr/bin" } else { "usr/local/bin" }, "aws", &program)?;
    }
    Ok(())
}

/// The user that people log in as, whom cloud-init makes at an instance's first boot.
fn users(layer: &Layer<'_>, platform: &Platform) -> io::Result<()> {
    let (name, comment, administrators) = (platform.user.name, platform.user.comment, platform.family.administrators());
    let mut users = layer.text("/etc/passwd")?;
    if users.lines().any(|line| line.split(':').next() == Some(name)) {
        return Ok(());
    }
    let mut groups = layer.text("/etc/group")?;
    let taken: BTreeSet<u32> =
        users.lines().chain(groups.lines()).filter_map(|line| line.split(':').nth(2)?.parse().ok()).collect();
    let id = (etc::FIRST..).find(|id| !taken.contains(id)).unwrap_or(etc::FIRST);
    end_line(&mut users);
    end_line(&mut groups);
    users += &format!("{name}:x:{id}:{id}:{comment}:/home/{name}:/bin/bash\n");
    groups = groups.lines().fold(String::new(), |text, line| {
        let members = line.strip_prefix(administrators).filter(|rest| rest.starts_with(':'));
        let separator = if line.ends_with(':') { "" } else { "," };
        text + line + &members.map(|_| format!("{separator}{name}")).unwrap_or_default() + "\n"
    });
    groups += &format!("{name}:x:{id}:\n");
    layer.write("/etc/passwd", &users)?;
    layer.write("/etc/group", &groups)?;
    layer.write("/etc/sudoers.d/90-cloud-init-users", &format!("# User rules for {name}\n{name} ALL=(ALL) NOPASSWD:ALL\n"))
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// nightproof's own programs, where the system has its own of that name, too: these would want a service manager, a mirror, or more ids.
fn commands(layer: &Layer<'_>, platform: &Platform) -> io::Result<()> {
    let installed = |name: &str| PROGRAMS.iter().any(|folder| layer.has(folder, name));
    let managers = PACKAGE_MANAGERS.iter().filter(|(name, _)| installed(name));
    let amazons = OF_AMAZON_LINUX.iter().filter(|_| platform.is_amazon_linux());
    let cron = CRON.iter().filter(|(name, _)| platform.cron().contains(name) || installed(name));
    for (name, folder) in COMMANDS.iter().chain(managers).chain(amazons).chain(cron) {
        layer.program(&format!("usr/{folder}"), name, inside::GUEST)?;
        for other in PROGRAMS.iter().filter(|other| layer.has(other, name)) {
            layer.program(other, name, inside::GUEST)?;
        }
    }
    if platform.is_amazon_linux() {
        for name in CFN {
            layer.program(CFN_FOLDER, name, inside::GUEST)?;
        }
    }
    Ok(())
}

/// The folder that is filled, over a tree.
struct Layer<'a> {
    folder: &'a Path,
    tree: &'a Path,
}

impl Layer<'_> {
    /// Where in the layer a folder of the system is: links of the tree are followed, and would be hidden otherwise.
    fn place(&self, path: &Path) -> io::Result<PathBuf> {
        let mut rest = PathBuf::new();
        for above in path.ancestors() {
            if let Some(found) = resolve(self.tree, above)? {
                return Ok(if rest.as_os_str().is_empty() { found } else { found.join(rest) });
            }
            rest = Path::new(above.file_name().unwrap_or_default()).join(rest);
        }
        Ok(rest)
    }

    fn make_place(&self, path: &Path) -> io::Result<PathBuf> {
        let place = self.folder.join(self.place(path)?);
        fs::create_dir_all(&place)?;
        Ok(place)
    }

    fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = Path::new(path);
        let folder = self.make_place(path.parent().unwrap_or(Path::new("/")))?;
        fs::write(folder.join(path.file_name().unwrap_or_default()), text)
    }

    /// Makes a link to a program.
    fn program(&self, folder: &str, name: &str, target: &str) -> io::Result<()> {
        let link = self.make_place(Path::new(folder))?.join(name);
        match symlink(target, link) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    /// Whether the tree has something of this name in a folder.
    fn has(&self, folder: &str, name: &str) -> bool {
        resolve(self.tree, Path::new(folder)).ok().flatten().is_some_and(|folder| has_entry(&self.tree.join(folder), name))
    }

    /// A file of the tree; empty if there is none.
    fn text(&self, path: &str) -> io::Result<String> {
        let mut text = String::new();
        match open_in(self.tree, Path::new(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => drop(opened?.read_to_string(&mut text)?),
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use nightproof_machine_image::{AMAZON_LINUX_2023, DEBIAN_12};

    use super::*;

    fn tree(folders: &[&str]) -> tempfile::TempDir {
        let tree = tempfile::tempdir().unwrap();
        for folder in folders {
            fs::create_dir_all(tree.path().join(folder)).unwrap();
        }
        tree
    }

    fn filled(tree: &Path, platform: &Platform) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let instance = Instance { tree, platform, hostname: "ip-10-0-0-1", ca: "CERTIFICATE", aws: Some("#!/bin/sh\n") };
        fill(folder.path(), &instance).unwrap();
        folder
    }

    #[test]
    fn links_of_the_system_stay_links_and_what_they_lead_to_is_added_to() {
        let tree = tree(&["usr/bin", "usr/sbin", "etc/pki/tls/certs", "etc/ssl"]);
        symlink("usr/bin", tree.path().join("bin")).unwrap();
        symlink("/etc/pki/tls/certs", tree.path().join("etc/ssl/certs")).unwrap();
        fs::write(tree.path().join("usr/bin/dnf"), "").unwrap();
        let layer = filled(tree.path(), &AMAZON_LINUX_2023);
        let at = |path: &str| layer.path().join(path);
        assert!(!at("bin").exists() && !at("etc/ssl/certs").exists(), "they would hide links");
        assert_eq!(fs::read_to_string(at("etc/pki/tls/certs/ca-certificates.crt")).unwrap(), "CERTIFICATE");
        for ours in ["usr/bin/sudo", "usr/bin/dnf", "usr/bin/ec2-metadata", "usr/sbin/shutdown", "opt/aws/bin/cfn-init"] {
            assert_eq!(fs::read_link(at(ours)).unwrap(), Path::new(inside::GUEST), "{ours}");
        }
        assert!(!at("usr/bin/yum").is_symlink() && !at("usr/bin/apt-get").is_symlink(), "the system has neither");
        assert_eq!(fs::read_link(at("usr/bin/aws")).unwrap(), Path::new(inside::TOOLS).join("aws"));
    }

    #[test]
    fn a_system_with_folders_of_its_own_for_bin_has_its_programs_there_covered_too() {
        let tree = tree(&["usr/bin", "bin", "usr/local/bin"]);
        for own in ["bin/su", "usr/local/bin/aws"] {
            fs::write(tree.path().join(own), "").unwrap();
        }
        let layer = filled(tree.path(), &DEBIAN_12);
        assert!(layer.path().join("bin/su").is_symlink() && layer.path().join("usr/bin/su").is_symlink());
        assert!(!layer.path().join("usr/local/bin/aws").exists(), "the system's own stays");
    }

    #[test]
    fn the_user_of_the_image_is_made_with_an_id_that_is_free_unless_there_is_one() {
        let tree = tree(&["etc"]);
        fs::write(tree.path().join("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\nbuild:x:1000:1000::/:/bin/sh").unwrap();
        fs::write(tree.path().join("etc/group"), "root:x:0:\nsudo:x:27:build\n").unwrap();
        let layer = filled(tree.path(), &DEBIAN_12);
        let text = |name: &str| fs::read_to_string(layer.path().join(name)).unwrap();
        assert!(text("etc/passwd").ends_with("build:x:1000:1000::/:/bin/sh\nadmin:x:1001:1001:Debian:/home/admin:/bin/bash\n"));
        assert_eq!(text("etc/group"), "root:x:0:\nsudo:x:27:build,admin\nadmin:x:1001:\n");
        fs::write(tree.path().join("etc/passwd"), "admin:x:7:7::/:/bin/sh\n").unwrap();
        assert!(!filled(tree.path(), &DEBIAN_12).path().join("etc/passwd").exists());
    }
}
