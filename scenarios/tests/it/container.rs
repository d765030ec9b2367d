//! Machines as containers, seen from the command line.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_firedrill-scenario");

/// Exit code and standard error of `firedrill run --machine container` with these environment variables.
#[expect(clippy::expect_used, reason = "set-up of tests")]
fn refused(environment: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(PROGRAM)
        .args(["run", "--machine", "container"])
        .env("TMPDIR", folder.path())
        .env("FIREDRILL_PULL", "never")
        .envs(environment.iter().copied())
        .output()
        .expect("the program");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing is left behind");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_missing_engine_is_said_with_its_remedy() {
    let (code, errors) = refused(&[("DOCKER_HOST", "unix:///nonexistent/docker.sock")]);
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("/nonexistent/docker.sock` does not exist") && errors.contains("help: install Docker"), "{errors}");
}

#[test]
fn a_stopped_engine_is_said_with_its_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("docker.sock");
    drop(UnixListener::bind(&socket).expect("a socket"));
    let (code, errors) = refused(&[("DOCKER_HOST", &format!("unix://{}", socket.display()))]);
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("does not answer") && errors.contains("systemctl start docker"), "{errors}");
}

#[test]
fn an_engine_elsewhere_is_refused() {
    let (code, errors) = refused(&[("DOCKER_HOST", "tcp://192.0.2.1:2375")]);
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("tcp://192.0.2.1:2375") && errors.contains("unset DOCKER_HOST"), "{errors}");
}

#[test]
#[ignore = "needs Docker"]
fn an_image_that_cannot_be_had_is_said() {
    let (code, errors) = refused(&[("FIREDRILL_INSTANCE_IMAGE", "firedrill-test/none:1")]);
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("`firedrill-test/none:1` is not there"), "{errors}");
}

#[expect(clippy::expect_used, reason = "set-up of tests")]
fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[expect(clippy::expect_used, reason = "set-up of tests")]
fn sweep(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).arg("sweep").args(arguments).output().expect("the program");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "needs Docker"]
fn nothing_survives_a_killed_drill_and_a_sweep() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut drill = Command::new(PROGRAM)
        .args(["run", "--machine", "container", "--format", "json"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let lines = BufReader::new(drill.stdout.take().expect("its output")).lines();
    // The instance is up, and the function is about to run.
    let fired = lines.map_while(Result::ok).any(|line| line.contains("\"step_started\"") && line.contains("\"observe\""));
    assert!(fired, "the drill came to observing");
    let run = std::fs::read_dir(folder.path()).expect("the folder").flatten().next().expect("the run's folder").file_name();
    let filter = format!("label=firedrill.run={}", run.to_string_lossy());
    let left = || docker(&["ps", "--all", "--filter", &filter, "--format", "{{.Names}} {{.Status}}"]);
    assert!(!left().is_empty(), "the instance's container is there");
    drill.kill().expect("it is killed");
    drill.wait().expect("it has ended");
    let begun = Instant::now();
    sweep(&[]);
    while !left().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "still there: {}", left());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs Docker"]
fn a_sweep_lists_what_it_removes_and_can_only_list() {
    let image = docker(&["image", "ls", "--quiet", "--filter", "label=firedrill.image=instance"]);
    let image = image.lines().next().expect("the instance image: run `firedrill images`");
    let run = format!("firedrill-test-{}", std::process::id());
    let label = format!("firedrill.run={run}");
    let id = docker(&["create", "--label", &label, "--label", "firedrill.expires=2020-01-01T00:00:00Z", image, "true"]);
    let left = || docker(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &format!("label={label}")]);
    let ours = |listing: &str| listing.lines().any(|line| line.contains(&run) && line.contains("expired 2020-01-01T00:00:00Z"));
    assert!(ours(&sweep(&["--dry-run"])));
    assert_eq!(left(), id);
    assert!(ours(&sweep(&[])));
    assert_eq!(left(), "");
}
