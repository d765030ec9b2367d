//! Unmodified clients against `firedrill up`: boto3 and the AWS CLI, through the operations of every service that a drill's path needs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use firedrill_region::tools::{self, Tools};
use firedrill_scenarios::{Up, is_alive, until};
use rstest::rstest;

fn up() -> Up {
    Up::start(env!("CARGO_BIN_EXE_firedrill-scenario")).expect("a region")
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn tools() -> Tools {
    tools::ensure(|_| {}).expect("the AWS CLI and boto3")
}

/// Runs one of the scripts in `tests/clients` by boto3.
pub(crate) fn boto3(up: &Up, script: &str) -> Output {
    let (tools, script) = (tools(), clients().join(script));
    let packages = tools.packages().display().to_string();
    up.run(&tools.python().executable, &[&script.display().to_string()], &[("PYTHONPATH", &packages)]).expect("Python")
}

/// Runs a function of `tests/clients/cli.sh`, with the AWS CLI on its path.
fn cli(up: &Up, function: &str) -> Output {
    let tools = tools();
    let (folder, packages) = (tempfile::tempdir().expect("a folder"), tools.packages().display().to_string());
    let aws = folder.path().join("aws");
    fs::write(&aws, format!("#!/bin/sh\nexec {} -m awscli \"$@\"\n", tools.python().executable.display())).expect("a script");
    fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).expect("a script");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.path().display());
    let script = clients().join("cli.sh").display().to_string();
    up.run(Path::new("/bin/sh"), &[&script, function], &[("PYTHONPATH", &packages), ("PATH", &path)]).expect("a shell")
}

pub(crate) fn assert_passed(output: &Output) {
    let said = [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream).into_owned()).concat();
    assert!(output.status.success(), "{}: {said}", output.status);
}

#[rstest]
#[case::sts_and_iam("identity.py")]
#[case::the_vpc_family("network.py")]
#[case::s3_and_kms("storage.py")]
#[case::instances_and_ssm("machines.py")]
#[case::strange_requests("wire.py")]
#[case::lambda_events_logs_and_sqs("functions.py")]
fn boto3_works(#[case] script: &str) {
    assert_passed(&boto3(&up(), script));
}

#[rstest]
#[case::s3("transfers")]
#[case::cloudformation("stacks")]
fn the_aws_cli_works(#[case] function: &str) {
    assert_passed(&cli(&up(), function));
}

#[rstest]
#[case::asked_to("TERM", 0)]
#[case::interrupted("INT", 0)]
fn ending_leaves_no_process_no_mount_and_no_folder(#[case] signal: &str, #[case] code: i32) {
    let mut up = up();
    assert_passed(&boto3(&up, "busy.py"));
    let processes = up.descendants().expect("processes");
    assert!(processes.len() >= 2, "an instance, a function and a script run: {processes:?}");
    assert_eq!(up.end_by(signal).expect("the end"), code);
    let alive: Vec<u32> = processes.into_iter().filter(|id| is_alive(*id)).collect();
    assert!(alive.is_empty(), "{alive:?}");
    assert_eq!(fs::read_dir(up.tmp()).expect("the folder").count(), 0);
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    assert!(!mounts.contains(&up.tmp().display().to_string()), "{mounts}");
}

#[test]
fn killing_leaves_no_process() {
    let mut up = up();
    assert_passed(&boto3(&up, "busy.py"));
    let processes = up.descendants().expect("processes");
    assert_eq!(up.end_by("KILL").expect("the end"), -1);
    assert!(until(|| !processes.iter().any(|id| is_alive(*id))), "{processes:?}");
}
