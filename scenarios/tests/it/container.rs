//! Machines as containers, seen from the command line.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use nightproof_scenarios::until;

use crate::command::PROGRAM;

/// Exit code and standard error of `nightproof run --machine container` with these environment variables.
#[expect(clippy::expect_used, reason = "set-up of tests")]
fn refused(environment: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(PROGRAM)
        .args(["run", "--machine", "container"])
        .env("TMPDIR", folder.path())
        .env("NIGHTPROOF_PULL", "never")
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
    let (code, errors) = refused(&[("NIGHTPROOF_INSTANCE_IMAGE", "nightproof-test/none:1")]);
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("`nightproof-test/none:1` is not there"), "{errors}");
}

/// What `docker` says, without white space around it.
#[expect(clippy::expect_used, reason = "set-up of tests")]
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Has a process get a signal: `STOP`, `CONT`.
#[expect(clippy::expect_used, reason = "set-up of tests")]
pub(crate) fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(status.expect("kill").success(), "process {process} gets SIG{name}");
}

/// The name of the only run with a folder in `tmp`: its containers' label.
#[expect(clippy::expect_used, reason = "set-up of tests")]
pub(crate) fn run_of(tmp: &Path) -> String {
    let folder = std::fs::read_dir(tmp).expect("the folder").flatten().next().expect("the run's folder");
    folder.file_name().to_string_lossy().into_owned()
}

#[expect(clippy::expect_used, reason = "set-up of tests")]
fn sweep(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).arg("sweep").args(arguments).output().expect("the program");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "needs Docker"]
fn a_sweep_lists_what_it_removes_and_can_only_list() {
    let image = docker(&["image", "ls", "--quiet", "--filter", "label=nightproof.image=instance"]);
    let image = image.lines().next().expect("the instance image: run `nightproof images`");
    let run = format!("nightproof-test-{}", std::process::id());
    let label = format!("nightproof.run={run}");
    let left = || docker(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &format!("label={label}")]);
    let ours = |listing: &str| listing.lines().any(|line| line.contains(&run) && line.contains("expired 2020-01-01T00:00:00Z"));
    let listed_then_removed = || {
        let id = docker(&["create", "--label", &label, "--label", "nightproof.expires=2020-01-01T00:00:00Z", image, "true"]);
        ours(&sweep(&["--dry-run"])) && left() == id && ours(&sweep(&[])) && left().is_empty()
    };
    // Every drill in containers that starts meanwhile sweeps too, and may be first.
    assert!(until(listed_then_removed), "{}", left());
}
