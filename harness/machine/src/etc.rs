//! The /etc of a machine: what programs need to run, and nothing of the host's users, secrets or network.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Platform, Role};

/// Files and folders of the host's /etc that tell programs how the system is laid out.
const OF_THE_HOST: &[&str] =
    &["alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "mime.types", "protocols", "rpc", "services"];

/// The DNS server of every VPC. <https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>
pub(super) const RESOLVER: &str = "nameserver 169.254.169.253\noptions timeout:2 attempts:2\n";

/// The user and group ids that the first user of a system gets.
pub(super) const FIRST: u32 = 1000;

/// What a login shell begins with. Programs of images are where AWS's are; nothing is set that a service does not have but the path.
const PROFILE: &str = "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n\
                       for part in /etc/profile.d/*.sh; do [ -r \"$part\" ] && . \"$part\"; done\nunset part\n";

/// Fills `folder` with an /etc for a machine called `hostname` of a `platform` that trusts `ca` alone. An instance has the users of its
/// image, a function root alone.
pub(super) fn make(folder: &Path, hostname: &str, ca: &str, platform: &Platform, role: Role) -> io::Result<()> {
    fs::create_dir_all(folder.join("ssl/certs"))?;
    for name in OF_THE_HOST {
        copy(&Path::new("/etc").join(name), &folder.join(name))?;
    }
    let write = |name: &str, text: &str| fs::write(folder.join(name), text);
    write("hostname", &format!("{hostname}\n"))?;
    write("hosts", &hosts(hostname))?;
    write("resolv.conf", RESOLVER)?;
    write("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n")?;
    write("os-release", platform.os_release)?;
    for (name, text) in platform.release_files {
        write(name, text)?;
    }
    write("profile", PROFILE)?;
    for name in ["profile.d", "sudoers.d", "skel", "systemd/system"] {
        fs::create_dir_all(folder.join(name))?;
    }
    let administrators = platform.family.administrators();
    let (mut users, mut groups) = ("root:x:0:0:root:/root:/bin/bash\n".to_owned(), "root:x:0:\n".to_owned());
    if role == Role::Instance {
        let name = platform.user.name;
        users += &format!("{name}:x:{FIRST}:{FIRST}:{}:/home/{name}:/bin/bash\n", platform.user.comment);
        groups += &format!("adm:x:4:{name}\n{administrators}:x:10:{name}\n{name}:x:{FIRST}:\n");
        write("sudoers.d/90-cloud-init-users", &format!("# User rules for {name}\n{name} ALL=(ALL) NOPASSWD:ALL\n"))?;
    }
    write("passwd", &(users + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"))?;
    write("group", &(groups + "nogroup:x:65534:\n"))?;
    write("ssl/certs/ca-certificates.crt", ca)?;
    // Where other distributions' programs look.
    write("ssl/cert.pem", ca)?;
    fs::create_dir_all(folder.join("pki/tls/certs"))?;
    write("pki/tls/certs/ca-bundle.crt", ca)
}

/// Fills `folder` with what goes over an image's own /etc: names, and `ca` wherever distributions keep their certificates.
/// Answers outside and inside path of each.
pub(super) fn make_for_image(folder: &Path, hostname: &str, ca: &str) -> io::Result<Vec<(PathBuf, String)>> {
    fs::write(folder.join("hosts"), hosts(hostname))?;
    fs::write(folder.join("resolv.conf"), RESOLVER)?;
    fs::write(folder.join("ca.pem"), ca)?;
    let over = |name: &str, path: &str| (folder.join(name), path.to_owned());
    Ok(vec![
        over("hosts", "/etc/hosts"),
        over("resolv.conf", "/etc/resolv.conf"),
        over("ca.pem", "/etc/ssl/certs/ca-certificates.crt"),
        over("ca.pem", "/etc/ssl/cert.pem"),
        over("ca.pem", "/etc/pki/tls/certs/ca-bundle.crt"),
    ])
}

pub(super) fn hosts(hostname: &str) -> String {
    format!("127.0.0.1 localhost\n127.0.0.1 {hostname}\n")
}

/// Copies a file, a symbolic link as such, or a folder; what does not exist or may not be read is left out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(kind) = fs::symlink_metadata(from) else { return Ok(()) };
    if kind.is_symlink() {
        let target = fs::read_link(from)?;
        return std::os::unix::fs::symlink(target, to);
    }
    if kind.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            // Most alternatives are those of manual pages: hundreds of links that no program asks for.
            if entry.file_name().as_encoded_bytes().ends_with(b".gz") {
                continue;
            }
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    match fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other.map(|_| ()),
    }
}
