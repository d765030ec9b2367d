//! Instances on a root file system of their own.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use nightproof_journal::Journal;
use nightproof_machine::{Connections, Machine, MachineSpec, Rootfs, tools};
use nightproof_machine_image::{AMAZON_LINUX_2023, DEBIAN_12};

use crate::machine::{Echo, machines_with};

/// Programs of this host that are all that the system has.
const PROGRAMS: [&str; 14] =
    ["bash", "cat", "cut", "env", "head", "id", "ls", "mkdir", "readlink", "rm", "sort", "touch", "uname", "wc"];

/// A system of Debian that has little: what its programs are loaded with, a user, and links where distributions have them.
fn system() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for part in ["usr/bin", "usr/sbin", "usr/lib", "etc", "root", "tmp", "proc", "dev", "run", "var/log", "backup/old"] {
        fs::create_dir_all(at(part)).unwrap();
    }
    for name in ["bin", "sbin", "lib", "lib64"] {
        let target = if name == "lib64" { "usr/lib".to_owned() } else { format!("usr/{name}") };
        symlink(target, at(name)).unwrap();
    }
    for name in PROGRAMS {
        let program = Path::new("/usr/bin").join(name);
        let listing = Command::new("ldd").arg(&program).output().unwrap();
        let listing = String::from_utf8(listing.stdout).unwrap();
        let libraries = listing.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from);
        for file in libraries {
            fs::copy(&file, at("usr/lib").join(file.file_name().unwrap())).unwrap();
        }
        fs::copy(program, at("usr/bin").join(name)).unwrap();
    }
    symlink("bash", at("usr/bin/sh")).unwrap();
    fs::write(at("usr/bin/su"), "the system's own").unwrap();
    fs::write(at("etc/os-release"), DEBIAN_12.os_release).unwrap();
    fs::write(at("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    fs::write(at("etc/group"), "root:x:0:\nsudo:x:27:\n").unwrap();
    fs::write(at("backup/old/file"), "of the image\n").unwrap();
    folder
}

/// A region's folder, in which instances have one root file system.
struct Place {
    folder: tempfile::TempDir,
    rootfs: Rootfs,
}

impl Place {
    fn new() -> Self {
        Self::called("nightproof-")
    }

    fn called(prefix: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().unwrap();
        let system = system();
        let rootfs = Rootfs::prepare_in(&folder.path().join("cache"), system.path(), None, |_| {}).unwrap();
        Self { folder, rootfs }
    }

    async fn run(&self, script: &str) -> (i32, String) {
        self.run_as(script, |_| {}).await
    }

    async fn run_as(&self, script: &str, change: impl FnOnce(&mut MachineSpec)) -> (i32, String) {
        let machines = machines_with(self.folder.path(), Journal::default());
        let mut spec = MachineSpec {
            run_agent: false,
            user_data: false,
            // It is what its own files say.
            platform: &AMAZON_LINUX_2023,
            rootfs: Some(self.rootfs.clone()),
            disk: Some(self.folder.path().join("disks/i-1")),
            command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
            ..MachineSpec::instance("i-1", "ip-10-0-0-1", Ipv4Addr::new(10, 0, 0, 1))
        };
        change(&mut spec);
        let echo = Arc::new(Echo::default());
        let machine = Machine::boot(&machines, spec, Arc::clone(&echo) as Arc<dyn Connections>).await.unwrap();
        let code = tokio::time::timeout(Duration::from_secs(60), machine.exited()).await.expect("the script ends");
        (code, echo.text())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = nightproof_machine::remove_folder(self.folder.path());
    }
}

#[tokio::test]
async fn an_instance_has_the_files_of_its_root_file_system_and_none_of_this_host() {
    let place = Place::new();
    let script = format!(
        ". /etc/os-release; echo $ID; id -u; cat /backup/old/file; cat /etc/hostname; readlink /bin; \
         for name in python3 tar apt-get dpkg; do command -v $name; done; ls /usr/bin | wc -l; ls /home /root /mnt 2>/dev/null; \
         test -e {} && echo CHECKOUT; env | cut -d= -f1 | sort | head -n 20",
        env!("CARGO_MANIFEST_DIR")
    );
    let (code, text) = place.run(&script).await;
    let lines: Vec<&str> = text.lines().collect();
    // The system's programs, and those that are nightproof's: sudo, cloud-init, systemctl, crontab; `su` was there.
    let count = (PROGRAMS.len() + 2 + 4).to_string();
    assert_eq!(
        lines.get(..6),
        Some(["debian", "0", "of the image", "ip-10-0-0-1", "usr/bin", count.as_str()].as_slice()),
        "{text}"
    );
    assert!(lines.contains(&"admin") && !text.contains("CHECKOUT") && !text.contains("CARGO"), "{code}: {text}");
}

#[tokio::test]
async fn what_an_instance_writes_is_on_its_own_disk_and_there_at_the_next_boot() {
    let place = Place::new();
    let (code, text) =
        place.run("echo changed > /backup/old/file && rm /usr/bin/wc && mkdir /usr/own && touch /tmp/gone /etc/new").await;
    assert_eq!((code, text.as_str()), (0, ""));
    let (_, text) =
        place.run("cat /backup/old/file; ls -d /usr/own /etc/new /tmp/gone 2>/dev/null; command -v wc || echo none").await;
    assert_eq!(text.lines().collect::<Vec<_>>(), ["changed", "/etc/new", "/usr/own", "none"]);
    let (_, text) =
        place.run_as("cat /backup/old/file; command -v wc", |spec| spec.disk = Some(place.folder.path().join("disks/i-2"))).await;
    assert_eq!(text.lines().collect::<Vec<_>>(), ["of the image", "/usr/bin/wc"], "another instance's is as the image");
}

#[tokio::test]
async fn programs_of_a_machine_are_there_and_the_user_of_its_image() {
    let place = Place::new();
    let script = "sudo -u admin env | sort; su - admin -c 'echo $HOME'; systemctl is-active nothing; shutdown -c; echo $?; \
                  cut -d: -f1,7 /etc/passwd; cat /etc/resolv.conf | head -n 1";
    let (_, text) = place.run(script).await;
    for line in
        ["HOME=/home/admin", "SUDO_USER=root", "/home/admin", "inactive", "0", "admin:/bin/bash", "nameserver 169.254.169.253"]
    {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
}

#[tokio::test]
async fn the_aws_cli_runs_where_there_is_no_python() {
    let place = Place::new();
    let tools = tools::ensure(|_| {}).unwrap();
    let (code, text) =
        place.run_as("command -v aws && command -v python3 || aws --version", |spec| spec.tools = Some(tools)).await;
    assert!(code == 0 && text.starts_with("/usr/local/bin/aws\naws-cli/"), "{text}");
}

#[tokio::test]
async fn a_disk_of_a_size_fills_up_wherever_it_is_written_to() {
    let place = Place::new();
    let script = "head -c 5000000 /dev/zero > /backup/zeros; echo $?; head -c 900000 /dev/zero > /usr/zeros; echo $?; \
                  rm /backup/zeros; head -c 900000 /dev/zero > /var/zeros; echo $?";
    let (_, text) = place.run_as(script, |spec| spec.disk_mib = Some(4)).await;
    let codes: Vec<&str> = text.lines().filter(|line| line.len() == 1).collect();
    assert_eq!(codes, ["1", "1", "0"], "{text}");
    assert!(text.contains("No space left on device"), "{text}");
}

#[tokio::test]
async fn where_no_overlay_can_be_mounted_an_instance_has_a_copy_of_its_own() {
    // An overlay's options cannot name this folder.
    let place = Place::called("night:proof-");
    let (code, _) = place.run("echo changed > /backup/old/file; sudo touch /etc/new").await;
    let (_, text) = place.run("cat /backup/old/file; ls /etc/new").await;
    assert_eq!((code, text.as_str()), (0, "changed\n/etc/new"));
    assert!(place.folder.path().join("disks/i-1/copied/etc/new").exists());
}
