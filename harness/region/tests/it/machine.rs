//! What a machine can see and do, and that nothing of it is left.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nightproof_journal::Journal;
use nightproof_machine::{Channel, Connections, FileSpec, Machine, MachineSettings, MachineSpec, Machines};
use nightproof_machine_image::DEBIAN_12;
use nightproof_machine_protocol::link::Link;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Echoes what a connection sends, after its channel's name.
#[derive(Default)]
pub(crate) struct Echo {
    lines: Mutex<Vec<String>>,
}

impl Echo {
    /// What the machine wrote.
    pub(crate) fn text(&self) -> String {
        self.lines.lock().join("\n")
    }
}

impl Connections for Echo {
    fn connected(&self, channel: Channel, mut stream: UnixStream) {
        tokio::spawn(async move {
            let mut sent = Vec::new();
            stream.read_to_end(&mut sent).await.unwrap();
            stream.write_all(format!("{channel:?}:").as_bytes()).await.unwrap();
            stream.write_all(&sent).await.unwrap();
        });
    }

    fn metadata_hops(&self) -> u8 {
        3
    }

    fn console(&self, line: &str) {
        self.lines.lock().push(line.to_owned());
    }
}

/// The machines of a region that is not there.
pub(crate) fn machines(folder: &Path) -> Machines {
    machines_with(folder, Journal::default())
}

/// The same, whose ports are written to `journal`.
pub(crate) fn machines_with(folder: &Path, journal: Journal) -> Machines {
    Machines::new(MachineSettings {
        region: "us-east-1".to_owned(),
        folder: folder.to_owned(),
        program: PathBuf::from(env!("CARGO_BIN_EXE_nightproof-machine")),
        ca_pem: String::new(),
        journal,
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
    })
}

/// Runs a shell script as a function's command; returns its exit code and console.
async fn run(script: &str) -> (i32, String) {
    run_as(script, |_| {}).await
}

/// The same in a machine that is changed before it boots.
async fn run_as(script: &str, change: impl FnOnce(&mut MachineSpec)) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path());
    let mut spec = MachineSpec::function("env-1", vec!["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()]);
    spec.files = vec![FileSpec { path: "/var/task/index.py".to_owned(), bytes: b"print('hi')".to_vec(), mode: 0o644 }];
    change(&mut spec);
    let echo = Arc::new(Echo::default());
    let machine = Machine::boot(&machines, spec, Arc::clone(&echo) as Arc<dyn Connections>).await.unwrap();
    let code = tokio::time::timeout(Duration::from_secs(20), machine.exited()).await.expect("the script ends");
    assert!(!folder.path().join("m/env-1").exists(), "the machine's folder is removed");
    (code, echo.text())
}

#[tokio::test]
async fn the_exit_code_and_output_are_the_commands() {
    let (code, console) = run("echo out; echo err >&2; pwd; cat index.py; exit 7").await;
    assert_eq!(code, 7);
    for line in ["out", "err", "/var/task", "print('hi')"] {
        assert!(console.contains(line), "{console}");
    }
}

/// What tells bash from dash, by its own words, and asked for by a path, a name, a shebang and `system()`.
const WHICH_SH: &str = r#"
ask='(set -o pipefail; x=abc; [[ $x == a* ]] && echo "bash ${x::-1}") 2>/dev/null || echo dash'
eval "$ask"
for sh in /bin/sh /usr/bin/sh sh; do $sh -c "$ask"; done
printf '#!/bin/sh\n%s\n' "$ask" > /tmp/with; printf '%s\n' "$ask" > /tmp/without; chmod +x /tmp/with /tmp/without
/tmp/with; sh -c /tmp/without
ask="$ask" python3 -c 'import os; os.system(os.environ["ask"])'
bash -c "$ask"
readlink /usr/bin/sh
"#;

#[tokio::test]
async fn sh_is_the_platforms_own_however_it_is_started() {
    let (_, console) = run(WHICH_SH).await;
    let lines: Vec<&str> = console.lines().collect();
    assert_eq!(lines.get(..8), Some(["bash ab"; 8].as_slice()), "{console}");

    if !Path::new("/usr/bin/dash").exists() {
        return;
    }
    let (_, console) = run_as(WHICH_SH, |spec| spec.platform = &DEBIAN_12).await;
    let lines: Vec<&str> = console.lines().collect();
    assert_eq!(lines.get(..7), Some(["dash"; 7].as_slice()), "{console}");
    assert_eq!(lines.get(7), Some(&"bash ab"), "bash itself stays: {console}");
}

#[tokio::test]
async fn nothing_of_the_host_is_visible_but_its_programs() {
    let secret = tempfile::Builder::new().prefix("host-secret-").tempfile_in(std::env::temp_dir()).unwrap();
    let script = format!(
        "test -e {} && echo SEEN; ls -A /home /root /srv /mnt; test -e /etc/shadow && echo SHADOW; test -e {} && echo CHECKOUT; \
         touch /usr/x 2>/dev/null && echo WRITABLE; env; id -u; ls /proc | grep -c '^[0-9]'",
        secret.path().display(),
        env!("CARGO_MANIFEST_DIR"),
    );
    let (_, console) = run(&script).await;
    for wrong in ["SEEN", "SHADOW", "CHECKOUT", "WRITABLE", "CARGO", "USER="] {
        assert!(!console.contains(wrong), "{wrong}: {console}");
    }
    assert!(console.lines().any(|line| line == "0"), "root inside: {console}");
}

#[tokio::test]
async fn it_has_one_interface_which_leads_to_aws_and_nowhere_else() {
    let routes = "tail -n +2 /proc/net/route | awk '{print $1, $2, $3}'";
    let (_, console) = run(&format!("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort; {routes} | sort")).await;
    let lines: Vec<&str> = console.lines().map(str::trim).collect();
    // 198.18.0.1, 198.18.0.2 (where nobody accepts), 169.254.169.253 and 169.254.169.254, backwards; none by way of another.
    let expected =
        ["eth0", "lo", "eth0 010012C6 00000000", "eth0 020012C6 00000000", "eth0 FDA9FEA9 00000000", "eth0 FEA9FEA9 00000000"];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn all_of_its_ports_are_its_own() {
    let listen = "import socket; servers = [socket.create_server(('', port)) for port in (22, 53, 80, 443)]; print('all')";
    let (_, console) = run(&format!("tail -n +2 /proc/net/tcp | grep -c ' 0A '; python3 -c \"{listen}\"")).await;
    // The Runtime API's, which a function has on its own loopback, as on AWS.
    assert_eq!(console.lines().collect::<Vec<_>>(), ["1", "all"]);
}

#[tokio::test]
async fn aws_names_resolve_and_others_do_not() {
    let (_, console) =
        run("getent ahostsv4 my-bucket.s3.us-east-1.amazonaws.com | head -n1; getent hosts example.com || echo none").await;
    assert!(console.contains("198.18.0.1") && console.contains("none"), "{console}");
}

#[tokio::test]
async fn names_resolve_over_tcp_too() {
    let over_tcp = "import socket,struct; s=socket.create_connection(('169.254.169.253',53)); \
        q=b'\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3sts\\x09amazonaws\\3com\\0\\0\\1\\0\\1'; s.sendall(struct.pack('>H',len(q))+q); \
        n,=struct.unpack('>H',s.recv(2,socket.MSG_WAITALL)); a=s.recv(n,socket.MSG_WAITALL); print(a[:2]==q[:2], list(a[-4:])); \
        s.sendall(b'\\0\\1x'); print(s.recv(1))";
    let (_, console) = run(&format!("python3 -c \"{over_tcp}\"")).await;
    assert_eq!(
        console.lines().collect::<Vec<_>>(),
        ["True [198, 18, 0, 1]", "b''"],
        "an answer, then a hang-up on what is no query"
    );
}

/// `IP_MINTTL` (21) drops what comes with fewer hops left than it says.
#[tokio::test]
async fn an_answer_to_a_put_takes_as_many_hops_as_the_instance_allows_and_others_take_any() {
    let script = |request: &str, hops: u8| {
        format!(
            "python3 -c \"import socket; s=socket.create_connection(('169.254.169.254',80)); s.settimeout(0.5); s.setsockopt(0,21,{hops}); \
             s.sendall(b'{request} /'); s.shutdown(1); print(s.makefile('rb').read())\" 2>&1 | tail -n1; "
        )
    };
    let text = script("PUT", 3) + &script("PUT", 4) + &script("GET", 4);
    let (_, console) = run(&text).await;
    let answers: Vec<&str> = console.lines().collect();
    assert!(matches!(answers[..], ["b'Imds:PUT /'", put, "b'Imds:GET /'"] if put.contains("timed out")), "{console}");
}

#[tokio::test]
async fn each_port_is_carried_to_its_channel() {
    let connect = |address: &str, port: u16| {
        format!(
            "python3 -c \"import socket; s=socket.create_connection(('{address}',{port})); s.sendall(b'hello'); s.shutdown(1); print(s.makefile().read())\"; "
        )
    };
    let script = connect("sts.us-east-1.amazonaws.com", 443) + &connect("169.254.169.254", 80) + &connect("127.0.0.1", 9001);
    let (_, console) = run(&script).await;
    for answer in ["Https:hello", "Imds:hello", "RuntimeApi:hello"] {
        assert!(console.contains(answer), "{console}");
    }
}

#[tokio::test]
async fn a_stopped_machine_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path());
    let spec = MachineSpec::function("env-2", vec!["/bin/sleep".to_owned(), "31536000".to_owned()]);
    let machine = Machine::boot(&machines, spec, Arc::new(Echo::default())).await.unwrap();
    machine.stop().await;
    assert!(!folder.path().join("m/env-2").exists());
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(&folder.path().display().to_string()), "no mount is left");
}

#[tokio::test]
async fn a_command_that_does_not_exist_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path());
    let spec = MachineSpec::function("env-3", vec!["/no/such/program".to_owned()]);
    let console = match Machine::boot(&machines, spec, Arc::new(Echo::default())).await {
        Ok(machine) => {
            assert_ne!(machine.exited().await, 0);
            machine.console()
        }
        Err(error) => error.to_string(),
    };
    assert!(console.contains("/no/such/program"), "{console}");
}

#[tokio::test]
async fn the_hosts_kernel_settings_cannot_be_changed() {
    let script = "for f in /proc/sys/vm/swappiness /proc/sys/kernel/core_pattern; do { cat $f > $f; } 2>/dev/null && echo WRITTEN; done; \
                  umount /proc/sys 2>/dev/null && echo UNMOUNTED; mount -o remount,bind,rw /proc/sys 2>/dev/null && echo REMOUNTED; \
                  mount -o remount,bind,rw /usr 2>/dev/null && echo REMOUNTED; echo end";
    let (_, console) = run(script).await;
    assert_eq!(console, "end");
}

#[tokio::test]
async fn a_disk_of_a_size_is_one_file_system_that_fills_up() {
    let script = "stat -c %a /var/tmp; head -c 5M /dev/zero >/var/tmp/a; head -c 5M /dev/zero >/root/b; \
                  rm /var/tmp/a; head -c 5M /dev/zero >/home/c && echo fits; echo more >/tmp/d && echo in memory";
    let (code, console) = run_as(script, |spec| spec.disk_mib = Some(8)).await;
    assert_eq!(code, 0, "{console}");
    assert_eq!(console.matches("No space left on device").count(), 1, "{console}");
    for line in ["1777", "fits", "in memory"] {
        assert!(console.contains(line), "{console}");
    }
}

#[tokio::test]
async fn orphans_are_reaped() {
    let script = "(sleep 0.05 &); sleep 0.3; grep -l 'State:.Z' /proc/[0-9]*/status; echo end";
    let (_, console) = run(script).await;
    assert_eq!(console, "end");
}

/// Sets a CPU share once, and keeps the connection.
#[derive(Default)]
struct Throttled(Echo);

impl Connections for Throttled {
    fn connected(&self, channel: Channel, mut stream: UnixStream) {
        if channel == Channel::CpuShare {
            tokio::spawn(async move {
                stream.write_u8(5).await.unwrap();
                let _ = stream.read_u8().await;
            });
        }
    }

    fn console(&self, line: &str) {
        self.0.console(line);
    }
}

/// An instance without an agent that runs a script.
fn python(script: &str) -> MachineSpec {
    MachineSpec {
        run_agent: false,
        user_data: false,
        command: vec!["python3".to_owned(), "-c".to_owned(), script.to_owned()],
        ..MachineSpec::instance("i-1", "ip-10-0-0-1", Ipv4Addr::new(10, 0, 0, 1))
    }
}

#[tokio::test]
async fn an_instance_has_only_the_part_of_its_processors_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path());
    // Until a bit of work takes ten times as long as it is.
    let script = "import time\nwhile True:\n a, c = time.monotonic(), time.process_time()\n while time.process_time() - c < 0.02: pass\n \
                  b = time.monotonic() - a\n if b > 0.2: break\nprint('slow')";
    let spec = python(script);
    let throttled = Arc::new(Throttled::default());
    let machine = Machine::boot(&machines, spec, Arc::clone(&throttled) as Arc<dyn Connections>).await.unwrap();
    let code = tokio::time::timeout(Duration::from_secs(20), machine.exited()).await.expect("it becomes slow");
    assert_eq!((code, throttled.0.text().as_str()), (0, "slow"));
}

/// Has a link, and metadata.
struct Linked(watch::Receiver<Link>, Echo);

impl Connections for Linked {
    fn connected(&self, _: Channel, mut stream: UnixStream) {
        tokio::spawn(async move { stream.write_all(b"answer").await });
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.0.clone()
    }

    fn console(&self, line: &str) {
        self.1.console(line);
    }
}

#[tokio::test]
async fn without_a_link_connections_time_out_and_names_are_not_answered_until_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path());
    let script = r"
import socket
QUERY = b'\0\7\1\0\0\1\0\0\0\0\0\0\3sts\x09amazonaws\3com\0\0\1\0\1'
def tried(work):
    try: return work()
    except TimeoutError: return 'timed out'
def connect(address, port): return tried(lambda: socket.create_connection((address, port), 0.5).recv(6))
def resolve():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.5); s.connect(('169.254.169.253', 53)); s.send(QUERY)
    return tried(lambda: len(s.recv(512)) > len(QUERY))
print(connect('198.18.0.1', 443), resolve(), connect('169.254.169.253', 53), connect('169.254.169.254', 80))
print('begun', flush=True)
late = socket.create_connection(('198.18.0.1', 443), 15)
while resolve() is not True: pass
print(late.recv(6), flush=True)
while connect('198.18.0.1', 443) != 'timed out': pass
print('gone')
";
    let (link, watched) = watch::channel(Link { names: false, endpoints: false, ..Link::OPEN });
    let linked = Arc::new(Linked(watched, Echo::default()));
    let machine = Machine::boot(&machines, python(script), Arc::clone(&linked) as Arc<dyn Connections>).await.unwrap();
    let wrote = async |line: &str| {
        let wrote = nightproof_poll::until(crate::BOUND, || async {
            let text = linked.1.text();
            if text.lines().any(|other| other == line) {
                return Ok(());
            }
            assert!(machine.is_running(), "{text}");
            Err(text)
        });
        wrote.await.expect(line);
    };
    wrote("begun").await;
    assert_eq!(linked.1.text(), "timed out timed out timed out b'answer'\nbegun");
    link.send_replace(Link::OPEN);
    wrote("b'answer'").await;
    link.send_replace(Link { endpoints: false, ..Link::OPEN });
    tokio::time::timeout(Duration::from_secs(20), machine.exited()).await.expect("its link is gone again");
    assert!(linked.1.text().ends_with("gone"), "{}", linked.1.text());
}

/// Waits until a machine has written that.
async fn begun(echo: &Echo) {
    let begun = nightproof_poll::until(crate::BOUND, || async { if echo.text() == "begun" { Ok(()) } else { Err(echo.text()) } });
    begun.await.expect("it begins");
}

#[tokio::test]
async fn a_clock_that_is_set_wrong_is_wrong_for_what_runs_already_and_for_what_starts() {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path());
    machines.interposer().prepare();
    // The first python runs on, date starts anew each time, and what counts from the boot is right.
    let script = "import subprocess, time\nstart, steady = time.time(), time.monotonic()\nprint('begun', flush=True)\n\
                  while time.time() - start < 10000: time.sleep(0.02)\n\
                  date = int(subprocess.run(['date', '+%s'], capture_output=True, check=True).stdout)\n\
                  print(abs(date - time.time()) < 60, time.monotonic() - steady < 60)";
    let spec = python(script);
    let echo = Arc::new(Echo::default());
    let machine = Machine::boot(&machines, spec, Arc::clone(&echo) as Arc<dyn Connections>).await.unwrap();
    begun(&echo).await;
    machines.set_clock("i-1", jiff::SignedDuration::from_hours(3)).unwrap();
    let code = tokio::time::timeout(Duration::from_secs(20), machine.exited()).await.expect("it sees the clock");
    assert_eq!((code, echo.text().as_str()), (0, "begun\nTrue True"));
}

/// 64 KiB are written, read by another program, read by two at once, and copied, which reads and writes them; what is no file of the disk
/// takes no time.
const DISK_AT_256_KIB_A_SECOND: &str = "
import subprocess, time
print('begun', flush=True)
def took(*commands):
    begun = time.monotonic()
    for one in [subprocess.Popen(command.split()) for command in commands]: assert one.wait() == 0
    return time.monotonic() - begun
slow = 0
while slow < 0.05:
    begun = time.monotonic()
    with open('/root/probe', 'wb') as file: file.write(bytes(16384))
    slow = time.monotonic() - begun
print(took('dd if=/dev/zero of=/root/a bs=64K count=1 status=none') >= 0.25)
print(took('dd if=/root/a of=/dev/null bs=16K status=none') >= 0.25)
print(took('dd if=/root/a of=/dev/null status=none', 'dd if=/root/a of=/dev/null status=none') >= 0.5)
print(took('cp /root/a /srv/b') >= 0.5)
print(took('dd if=/dev/zero of=/tmp/a bs=1M count=100 status=none', 'dd if=/dev/zero of=/dev/null bs=1M count=100 status=none') < 100)
";

#[tokio::test]
async fn all_programs_wait_for_a_slow_disk() {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path());
    machines.interposer().prepare();
    let echo = Arc::new(Echo::default());
    let spec = python(DISK_AT_256_KIB_A_SECOND);
    let machine = Machine::boot(&machines, spec, Arc::clone(&echo) as Arc<dyn Connections>).await.unwrap();
    begun(&echo).await;
    machines.slow_disk("i-1", 256 * 1024).unwrap();
    let code = tokio::time::timeout(Duration::from_secs(60), machine.exited()).await.expect("it ends");
    assert_eq!((code, echo.text().as_str()), (0, "begun\nTrue\nTrue\nTrue\nTrue\nTrue"));
}

#[tokio::test]
async fn low_ports_can_be_served() {
    let (_, console) = run("python3 -c \"import socket; socket.create_server(('127.0.0.1', 80)); print('serving')\"").await;
    assert_eq!(console, "serving");
}

#[tokio::test]
async fn a_large_body_is_carried_whole_both_ways() {
    let script = "python3 -c \"import socket, threading; s=socket.create_connection(('198.18.0.1',443)); n=64*1024*1024; \
                  s.sendall(bytes(n)); s.shutdown(1); print(len(s.makefile('rb').read()) - len('Https:') == n)\"";
    let (_, console) = run(script).await;
    assert_eq!(console, "True");
}

#[tokio::test]
async fn a_folder_with_a_long_name_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("x".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let machines = machines(&deep);
    let mut spec = MachineSpec::function("env-4", vec!["/bin/true".to_owned()]);
    spec.directory = "/".to_owned();
    let machine = Machine::boot(&machines, spec, Arc::new(Echo::default())).await.unwrap();
    assert_eq!(machine.exited().await, 0);
}
