//! The /etc of a machine: what programs need to run, and nothing of the host's users, secrets or network.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files and folders of the host's /etc that tell programs how the system is laid out.
const OF_THE_HOST: &[&str] = &[
    "alternatives",
    "bash.bashrc",
    "debian_version",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "os-release",
    "profile",
    "protocols",
    "rpc",
    "services",
    "system-release",
    "timezone",
];

/// The DNS server of every VPC. <https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>
const RESOLVER: &str = "nameserver 169.254.169.253\noptions timeout:2 attempts:2\n";

/// Fills `folder` with an /etc for a machine called `hostname` that trusts `ca` alone.
pub(super) fn make(folder: &Path, hostname: &str, ca: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("ssl/certs"))?;
    for name in OF_THE_HOST {
        copy(&Path::new("/etc").join(name), &folder.join(name))?;
    }
    let write = |name: &str, text: &str| fs::write(folder.join(name), text);
    write("hostname", &format!("{hostname}\n"))?;
    write("hosts", &hosts(hostname))?;
    write("resolv.conf", RESOLVER)?;
    write("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n")?;
    write("passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")?;
    write("group", "root:x:0:\nnogroup:x:65534:\n")?;
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

fn hosts(hostname: &str) -> String {
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
