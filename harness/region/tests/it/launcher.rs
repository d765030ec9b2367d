//! The launcher takes its machine along, however it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nightproof_machine_protocol::spec::{Agent, Bind, LauncherSpec, System, Task, inside};

const CONNECT: &str = "import socket, time; s = socket.create_connection(('198.18.0.1', 443)); s.sendall(b'up'); time.sleep(600)";

/// Starts a launcher as nightproof does; returns it and a connection from inside, which lives for as long as the machine.
fn launch(folder: &Path) -> (Child, UnixStream) {
    for name in ["root", "etc", "socket"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    let task = Task {
        region: "us-east-1".to_owned(),
        address: Ipv4Addr::new(10, 0, 1, 23),
        platform: None,
        environment: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        command: ["python3", "-c", CONNECT].map(str::to_owned).to_vec(),
        directory: "/".to_owned(),
        agent: Agent::None,
        user_data: false,
        runtime_api: false,
        instance: false,
        memory_mib: None,
        follows_region: false,
    };
    std::fs::write(folder.join("task.json"), serde_json::to_vec(&task).unwrap()).unwrap();
    let bind = |name: &str, inside: &str| Bind { outside: folder.join(name), inside: inside.to_owned(), writable: false };
    let program = std::path::PathBuf::from(env!("CARGO_BIN_EXE_nightproof-machine"));
    let spec = LauncherSpec {
        root: folder.join("root"),
        system: System::Host,
        start: vec![inside::GUEST.to_owned()],
        hostname: "ip-10-0-1-23".to_owned(),
        program: program.clone(),
        binds: vec![bind("etc", "/etc"), bind("socket", inside::SOCKET_FOLDER), bind("task.json", inside::TASK)],
        layer: None,
        upper: None,
        host_local: false,
        writable_root: false,
        disk: None,
        disk_mib: None,
        tmpfs_mib: 64,
        tmp_mib: None,
    };
    let listener = UnixListener::bind(folder.join("socket/region")).unwrap();
    let launcher =
        Command::new(program).arg(nightproof_machine_protocol::LAUNCHER).env_clear().stdin(Stdio::piped()).spawn().unwrap();
    writeln!(launcher.stdin.as_ref().unwrap(), "{}", serde_json::to_string(&spec).unwrap()).unwrap();
    let connection = listener.incoming().map(Result::unwrap).find(|stream| {
        let mut line = String::new();
        BufReader::with_capacity(1, stream).read_line(&mut line).unwrap();
        line == "https\n"
    });
    let connection = connection.unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    (launcher, connection)
}

fn assert_ends(mut connection: UnixStream) {
    let mut rest = Vec::new();
    // A reset is an end too; only a time-out says that the machine lives on.
    let ended = connection.read_to_end(&mut rest).map_err(|error| error.kind());
    assert_ne!(ended, Err(std::io::ErrorKind::WouldBlock), "the machine outlived its launcher");
}

#[test]
fn a_killed_launcher_takes_the_machine_along() {
    let folder = tempfile::tempdir().unwrap();
    let (mut launcher, connection) = launch(folder.path());
    launcher.kill().unwrap();
    launcher.wait().unwrap();
    assert_ends(connection);
}

#[test]
fn the_machine_ends_when_its_owner_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (mut launcher, connection) = launch(folder.path());
    // What the kernel does when nightproof is killed.
    drop(launcher.stdin.take());
    assert_ends(connection);
    launcher.wait().unwrap();
}
