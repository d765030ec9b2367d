//! What a script that is root in its machine tries to do to the host and to other machines, none of which works.

use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nightproof_journal::Journal;
use nightproof_machine::{Connections, FileSpec, Machine, MachineSpec};

use crate::machine::{Echo, machines_with};

/// Each attempt prints its name if it worked, and `tried` at the end.
const ATTEMPTS: &str = r#"
import ctypes, os, socket, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
host_pid, port, abstract, other = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]

def attempt(name, action):
    try:
        if action():
            print("WORKED", name)
    except Exception as error:
        print("refused", name, type(error).__name__)

def shell(script):
    return lambda: subprocess.run(["sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

def connects(family, address):
    def connect():
        with socket.socket(family) as stream:
            stream.settimeout(2)
            stream.connect(address)
            return True
    return connect

def writes(path, text="1"):
    def write():
        with open(path, "w") as file:
            file.write(text)
        return True
    return write

# What was open where nightproof was started; 3 is the listing's own.
attempt("descriptors", lambda: set(os.listdir("/proc/self/fd")) - {"0", "1", "2", "3"})
# Mounts, also from namespaces within.
attempt("remount /usr", shell("mount -o remount,rw /usr && touch /usr/lib/escaped"))
attempt("remount bind", shell("mount -o remount,bind,rw /run/nightproof/task.json && echo >> /run/nightproof/task.json"))
attempt("unmount /run/nightproof", shell("umount /run/nightproof/task.json || umount -l /run/nightproof/socket"))
attempt("nested remount", shell("unshare -Urm sh -c 'mount -o remount,bind,rw /run/nightproof/guest && echo >> /run/nightproof/guest'"))
attempt("nested unmount", shell("unshare -Urm sh -c 'umount /proc/sys && echo 1 > /proc/sys/vm/drop_caches'"))
attempt("fresh proc", shell("unshare -Urmpf sh -c 'mount -t proc none /proc && echo 1 > /proc/sys/vm/drop_caches'"))
attempt("fresh sysfs", shell("unshare -Urm sh -c 'mount -t sysfs none /mnt && echo 0 > /mnt/kernel/mm/ksm/run'"))
attempt("cgroups", shell("unshare -UrmC sh -c 'mount -t cgroup2 none /mnt && mkdir /mnt/escaped'"))
attempt("pivot", shell("test -e /.oldrootfs"))
# Devices.
for name, major, minor in (("disk", 8, 0), ("mem", 1, 1)):
    attempt("make " + name, lambda: os.mknod("/tmp/" + name, 0o60660 if name == "disk" else 0o20660, os.makedev(major, minor)) or open("/tmp/" + name))
attempt("devices", lambda: set(os.listdir("/dev")) - {"null", "zero", "full", "random", "urandom", "tty", "stdin", "stdout", "stderr", "fd", "core", "shm", "pts", "ptmx", "console"})
# /proc and /sys.
attempt("sysrq", writes("/proc/sysrq-trigger", "h"))
attempt("core pattern", writes("/proc/sys/kernel/core_pattern", "|/tmp/x"))
attempt("oom of all", writes("/proc/sys/vm/overcommit_memory"))
attempt("kcore", lambda: len(open("/proc/kcore", "rb").read(16)) == 16)
attempt("sysfs", lambda: os.listdir("/sys"))
attempt("settime", lambda: libc.settimeofday(ctypes.byref((ctypes.c_long * 2)(1, 0)), None) == 0)
attempt("module", lambda: libc.syscall(175, None, 0, b"") == 0)
attempt("swap", lambda: libc.swapoff(b"/swapfile") == 0)
# Processes of the host, by signals and by tracing.
attempt("signal", lambda: os.kill(host_pid, 0) is None)
attempt("see", lambda: os.path.exists("/proc/%d" % host_pid))
attempt("many", lambda: len([name for name in os.listdir("/proc") if name.isdigit()]) > 40)
attempt("trace", lambda: libc.ptrace(16, host_pid, None, None) == 0)
# Files by handle, around all mounts.
handle = (ctypes.c_char * 136)()
ctypes.c_uint.from_buffer(handle).value = 128
mount_id = ctypes.c_int()
libc.name_to_handle_at(-100, b"/usr", handle, ctypes.byref(mount_id), 0)
attempt("handle", lambda: libc.open_by_handle_at(os.open("/usr", os.O_RDONLY), handle, 0) >= 0)
# Sockets.
attempt("loopback", connects(socket.AF_INET, ("127.0.0.1", port)))
attempt("abstract socket", connects(socket.AF_UNIX, "\0" + abstract))
for path in ("/var/run/docker.sock", "/run/systemd/private", "/run/dbus/system_bus_socket"):
    attempt(path, connects(socket.AF_UNIX, path))
# What nightproof was started with.
attempt("environment", lambda: b"NIGHTPROOF_HOST_SECRET" in open("/proc/1/environ", "rb").read())
# Another machine.
attempt("other's file", lambda: os.path.exists("/root/of-the-other"))
attempt("other's folder", lambda: os.path.exists(other))
print("keyring", libc.syscall(250, 0, -3, 0))
print("tried")
"#;

/// Asks which session keyring this process has.
fn keyring_of_host() -> Option<String> {
    let script = "import ctypes; print(ctypes.CDLL(None).syscall(250, 0, -3, 0))";
    let output = Command::new("python3").args(["-c", script]).stdin(Stdio::null()).output().ok()?;
    let id = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (cfg!(target_arch = "x86_64") && id != "-1").then_some(id)
}

async fn boot(folder: &Path, id: &str, address: u8, script: &str, files: Vec<FileSpec>) -> (Machine, Arc<Echo>) {
    let spec = MachineSpec {
        run_agent: false,
        user_data: false,
        files,
        disk: Some(folder.join("disks").join(id)),
        command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        ..MachineSpec::instance(id, "ip-10-0-0-1", Ipv4Addr::new(10, 0, 0, address))
    };
    let echo = Arc::new(Echo::default());
    let connections = Arc::clone(&echo) as Arc<dyn Connections>;
    (Machine::boot(&machines_with(folder, Journal::default()), spec, connections).await.unwrap(), echo)
}

#[tokio::test]
async fn nothing_that_a_script_tries_reaches_the_host_or_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let (other, _) = boot(folder.path(), "i-other", 2, "touch /root/of-the-other; sleep 600", Vec::new()).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("nightproof-isolation-{}", std::process::id());
    let _abstract = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let script = format!(
        "exec python3 /root/attempts.py {} {} {name} {}",
        std::process::id(),
        listener.local_addr().unwrap().port(),
        folder.path().join("disks/i-other").display()
    );
    let attempts = FileSpec { path: "/root/attempts.py".to_owned(), bytes: ATTEMPTS.as_bytes().to_vec(), mode: 0o644 };
    let (machine, echo) = boot(folder.path(), "i-1", 1, &script, vec![attempts]).await;
    tokio::time::timeout(Duration::from_secs(60), machine.exited()).await.expect("the attempts end");
    let text = echo.text();
    assert!(text.lines().any(|line| line == "tried") && !text.contains("WORKED"), "{text}");
    if let Some(hosts) = keyring_of_host() {
        assert!(!text.lines().any(|line| line == format!("keyring {hosts}")), "the host's session keyring: {text}");
    }
    assert!(!Path::new("/usr/lib/escaped").exists());
    other.stop().await;
    nightproof_machine::remove_folder(folder.path()).unwrap();
}

/// Starts processes until it may not, and says how many.
const BOMB: &str = r#"
import os, time
count = 0
try:
    while count < 20000:
        if os.fork() == 0:
            time.sleep(600)
        count += 1
except OSError as error:
    print("stopped", count, error.strerror, flush=True)
"#;

#[tokio::test]
async fn a_script_that_starts_processes_without_end_is_stopped_and_its_machine_goes_on() {
    if rustix::process::getuid().is_root() {
        // The kernel sets root no limit.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bomb = FileSpec { path: "/root/bomb.py".to_owned(), bytes: BOMB.as_bytes().to_vec(), mode: 0o644 };
    let (machine, echo) = boot(folder.path(), "i-1", 1, "python3 /root/bomb.py; kill -9 -1; sleep 600", vec![bomb]).await;
    let stopped = nightproof_poll::until(Duration::from_secs(60), || async {
        let text = echo.text();
        if text.contains("stopped") { Ok(text) } else { Err(text) }
    });
    let text = stopped.await.expect("it is stopped");
    let count: u64 = text.lines().find_map(|line| line.strip_prefix("stopped ")?.split(' ').next()?.parse().ok()).unwrap();
    assert!((100..=4096).contains(&count) && text.contains("Resource temporarily unavailable"), "{text}");
    machine.stop().await;
    nightproof_machine::remove_folder(folder.path()).unwrap();
}
