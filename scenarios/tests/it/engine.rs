//! Docker engines that are not as they should be: one that answers as the real one was seen to answer when its disk was full, and no need of
//! a real one. What takes one that goes away is in `container_lost.rs`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread;

use nightproof_scenarios::{Night, Scenario};
use parking_lot::Mutex;
use rstest::rstest;

use crate::command::PROGRAM;

/// An engine: what it answers to a call, by method and path, after those that every engine here answers alike.
struct Engine {
    socket: PathBuf,
    _folder: tempfile::TempDir,
    /// The calls that it had, without the version.
    calls: Arc<Mutex<Vec<String>>>,
}

type Answer = Option<(u16, &'static str)>;

impl Engine {
    fn new(answer: fn(&str) -> Answer) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let calls = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                // A client that has gone is no concern of this server's.
                thread::spawn(move || serve(&stream, answer, &heard).ok());
            }
        });
        Self { socket, _folder: folder, calls }
    }

    /// A drill with this engine, and only what is there already.
    fn drill(&self, arguments: &[&str]) -> Night {
        let host = format!("unix://{}", self.socket.display());
        let drill =
            Scenario::new(PROGRAM).expect("a folder").with(&["--machine", "container", "--pull", "never"]).with(arguments);
        drill.environment("DOCKER_HOST", &host).without("NIGHTPROOF_LOCALSTACK").run().expect("a drill")
    }

    fn has_heard(&self, call: &str) -> bool {
        self.calls.lock().iter().any(|heard| heard.starts_with(call))
    }

    /// Whether a container was asked for, and each that was is removed by its name: who asked cannot know whether it was made.
    fn has_removed_what_it_was_asked_for(&self) -> bool {
        let calls = self.calls.lock().clone();
        let name = |call: &String| {
            let query = call.strip_prefix("POST /containers/create?")?.to_owned();
            query.split(['&', ' ']).find_map(|pair| pair.strip_prefix("name=").map(str::to_owned))
        };
        let names: Vec<String> = calls.iter().filter_map(name).collect();
        let is_removed = |name: &String| {
            let removal = format!("DELETE /containers/{name}");
            calls.iter().any(|call| call.strip_prefix(&removal).is_some_and(|rest| rest.starts_with('?') || rest.is_empty()))
        };
        !names.is_empty() && names.iter().all(is_removed)
    }
}

/// Answers the requests of one connection.
fn serve(stream: &UnixStream, answer: fn(&str) -> Answer, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(call) = request(&mut reader)? {
        heard.lock().push(call.clone());
        let mut writer = stream;
        if call.split('?').next().is_some_and(|path| path.ends_with("/attach")) {
            // From here on it carries what a container says, which is nothing.
            writer.write_all(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")?;
            return std::io::copy(&mut reader, &mut std::io::sink()).map(drop);
        }
        let (status, body) = answer(&call).unwrap_or_else(|| usual(&call));
        write!(
            writer,
            "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
    Ok(())
}

/// `GET /containers/json`: the next call with its body read; nothing at the end of the connection.
fn request(reader: &mut BufReader<&UnixStream>) -> std::io::Result<Option<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        lines.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix(name).map(|value| value.trim().to_owned()))
    };
    if header("transfer-encoding:").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = u64::from_str_radix(size.trim(), 16).map_err(std::io::Error::other)?;
            // The data and the end of its line.
            std::io::copy(&mut reader.by_ref().take(size + 2), &mut std::io::sink())?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = header("content-length:") {
        std::io::copy(&mut reader.by_ref().take(length.parse().map_err(std::io::Error::other)?), &mut std::io::sink())?;
    }
    let line = lines.first().cloned().unwrap_or_default();
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Ok(Some(format!("{method} {}", path.trim_start_matches("/v1.41"))))
}

/// What an engine says of itself, and that it has all images and no container.
fn usual(call: &str) -> (u16, &'static str) {
    match call.split(['?', ' ']).nth(1).unwrap_or_default() {
        "/version" => (200, r#"{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#),
        "/info" => (200, r#"{"NCPU":2}"#),
        "/containers/json" => (200, "[]"),
        path if path.starts_with("/images/") => (200, r#"{"Id":"sha256:0c9acf60","Config":{"Env":["PATH=/usr/bin:/bin"]}}"#),
        _ => (404, r#"{"message":"page not found"}"#),
    }
}

/// The images of drills are not there; the Debian that they are made of is.
fn without_images(call: &str) -> Answer {
    let image = call.starts_with("GET /images/") && !call.contains("debian");
    image.then_some((404, r#"{"message":"No such image"}"#))
}

fn full_while_it_takes_the_files(call: &str) -> Answer {
    let full = (500, r#"{"message":"Error processing tar file(exit status 1): write /blob: no space left on device"}"#);
    if call.starts_with("POST /build") { Some(full) } else { without_images(call) }
}

fn full_while_it_builds(call: &str) -> Answer {
    const FULL: &str = concat!(
        r#"{"stream":"Step 2/3 : COPY Dockerfile /y"}"#,
        "\r\n",
        r#"{"errorDetail":{"message":"ApplyLayer exit status 1 stdout:  stderr: write /y: no space left on device"},"error":"ApplyLayer exit status 1 stdout:  stderr: write /y: no space left on device"}"#,
        "\r\n"
    );
    if call.starts_with("POST /build") { Some((200, FULL)) } else { without_images(call) }
}

fn full_while_it_makes_a_container(call: &str) -> Answer {
    call.starts_with("POST /containers/create").then_some((500, r#"{"message":"no space left on device"}"#))
}

fn full_while_it_starts_a_container(call: &str) -> Answer {
    match call {
        _ if call.starts_with("POST /containers/create") => Some((201, r#"{"Id":"16661a86","Warnings":[]}"#)),
        "POST /containers/16661a86/start" => {
            Some((500, r#"{"message":"mkdir /var/lib/docker/overlay2/16661a86/merged: no space left on device"}"#))
        }
        _ if call.starts_with("DELETE /containers/") => Some((204, "")),
        _ => None,
    }
}

#[rstest]
#[case::taking_the_files(full_while_it_takes_the_files)]
#[case::building(full_while_it_builds)]
fn a_disk_that_is_full_when_an_image_is_made_is_said(#[case] answer: fn(&str) -> Answer) {
    let engine = Engine::new(answer);
    let night = engine.drill(&["--cloud", "embedded"]);
    assert_eq!((night.code, night.outcome.is_some()), (3, false), "{night:#?}");
    assert!(night.errors.contains("error: cannot build the image `nightproof/base:"), "{}", night.errors);
    assert!(night.errors.contains("no space left on device") && night.errors.contains("help: make room"), "{}", night.errors);
    assert!(night.left.is_empty() && !engine.has_heard("POST /containers"), "{night:#?}");
}

#[rstest]
#[case::making_it(full_while_it_makes_a_container, false)]
#[case::starting_it(full_while_it_starts_a_container, true)]
fn a_disk_that_is_full_when_an_instance_boots_fails_the_drill(#[case] answer: fn(&str) -> Answer, #[case] made: bool) {
    let engine = Engine::new(answer);
    let night = engine.drill(&["--cloud", "embedded"]);
    night.assert_broken("stack", "no space left on device");
    assert!(night.why().contains("make room on the engine's disk"), "{}", night.why());
    assert_eq!(engine.has_heard("POST /containers/16661a86/start"), made);
    assert!(engine.has_removed_what_it_was_asked_for(), "{:?}", engine.calls);
}

#[rstest]
#[case::making_it(full_while_it_makes_a_container, false)]
#[case::starting_it(full_while_it_starts_a_container, true)]
fn a_disk_that_is_full_when_localstack_starts_is_said(#[case] answer: fn(&str) -> Answer, #[case] made: bool) {
    let engine = Engine::new(answer);
    let night = engine.drill(&["--cloud", "localstack"]);
    assert_eq!((night.code, night.outcome.is_some()), (3, false), "{night:#?}");
    assert!(night.errors.contains("no space left on device") && night.errors.contains("help: make room"), "{}", night.errors);
    assert_eq!(engine.has_heard("POST /containers/16661a86/start"), made);
    assert!(engine.has_removed_what_it_was_asked_for(), "{:?}", engine.calls);
    assert!(night.left.is_empty(), "{night:#?}");
}

#[test]
fn a_container_that_cannot_be_removed_is_a_leftover() {
    // It is there as soon as it was asked for, and stays.
    let engine = Engine::new(|call| match call {
        _ if call.starts_with("GET /containers/json") && call.contains("nightproof.run%3D") => {
            Some((200, r#"[{"Id":"16661a86"}]"#))
        }
        _ if call.starts_with("DELETE /containers/") => {
            Some((500, r#"{"message":"driver \"overlay2\" failed to remove root filesystem: device or resource busy"}"#))
        }
        _ => full_while_it_starts_a_container(call),
    });
    let night = engine.drill(&["--cloud", "embedded"]);
    assert_eq!((night.code, night.hop()), (4, Some("stack")), "{night:#?}");
    assert!(
        night.errors.contains("remove the container 16661a86") && night.errors.contains("device or resource busy"),
        "{}",
        night.errors
    );
    assert!(night.errors.contains("help: `nightproof sweep` removes"), "{}", night.errors);
    assert!(night.left.is_empty(), "{night:#?}");
}

/// The folder for temporary files is a file system of 8 KiB, in a mount namespace of the test's own.
#[test]
fn a_full_folder_for_temporary_files_is_said() {
    let engine = Engine::new(without_images);
    let folder = tempfile::tempdir().expect("a folder");
    let script = "mount -t tmpfs -o size=8k tmpfs \"$TMPDIR\" && \"$0\" \"$@\"; code=$?; ls -A \"$TMPDIR\"; exit $code";
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            PROGRAM,
            "run",
            "--machine",
            "container",
            "--pull",
            "never",
        ])
        .env("TMPDIR", folder.path())
        .env("DOCKER_HOST", format!("unix://{}", engine.socket.display()))
        .env("NIGHTPROOF_CLOUD", "embedded")
        .output()
        .expect("unshare");
    let errors = said(&output);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("No space left on device") && errors.contains("help: set TMPDIR"), "{errors}");
    assert!(output.stdout.is_empty() && !engine.has_heard("POST"), "{output:?}");
}

#[test]
fn a_socket_that_this_user_may_not_use_is_said_with_its_remedy() {
    let engine = Engine::new(|_| None);
    std::fs::set_permissions(&engine.socket, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    // Root may use every socket, unless it has lost that capability.
    let mut command = if std::fs::metadata("/proc/self").expect("this process").uid() == 0 {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search", PROGRAM]);
        command
    } else {
        Command::new(PROGRAM)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let output = command
        .args(["run", "--machine", "container", "--cloud", "embedded"])
        .env("TMPDIR", folder.path())
        .env("DOCKER_HOST", format!("unix://{}", engine.socket.display()))
        .output()
        .expect("the program");
    let errors = said(&output);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("docker.sock` may not be used by this user") && errors.contains("usermod -aG docker"), "{errors}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
