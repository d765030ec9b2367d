//! Unmodified clients against `nightproof up`: boto3 and the AWS CLI, through the operations of every service that a drill's path needs.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use nightproof_machine::tools::{self, Tools};
use nightproof_region::embedded::{self, EmbeddedOptions};
use nightproof_scenarios::{Up, is_alive, until};
use rstest::rstest;

use crate::smoke::with_faults;

fn up() -> Up {
    Up::start(env!("CARGO_BIN_EXE_nightproof-scenario")).expect("a region")
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn tools() -> Tools {
    tools::ensure(|_| {}).expect("the AWS CLI and boto3")
}

/// Runs one of the scripts in `tests/clients` by boto3.
pub(crate) fn boto3(up: &Up, script: &str) -> Output {
    boto3_with(up, script, &[])
}

/// As [`boto3`], with further environment. `CLIENT=aws` has the AWS CLI call the operations, in the script's process.
pub(crate) fn boto3_with(up: &Up, script: &str, environment: &[(&str, &str)]) -> Output {
    let (tools, script) = (tools(), clients().join(script));
    let packages = tools.packages().display().to_string();
    let environment = [&[("PYTHONPATH", packages.as_str())], environment].concat();
    up.run(&tools.python().executable, &[&script.display().to_string()], &environment).expect("Python")
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

#[test]
fn a_port_that_is_taken_is_said_with_its_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightproof-scenario"));
    command.args(["up", "--port", &address.port().to_string()]).env("TMPDIR", folder.path());
    let output = command.output().expect("the program");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains(&format!("cannot listen on {address}: Address already in use")), "{errors}");
    assert!(errors.contains("help: end what listens there") && errors.contains("leave `--port` out"), "{errors}");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing is left behind");
}

pub(crate) fn assert_passed(output: &Output) {
    let said = [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream).into_owned()).concat();
    assert!(output.status.success(), "{}: {said}", output.status);
}

#[rstest]
#[case::helper_scripts_and_user_data("first_boot.py")]
#[case::strange_requests("wire.py")]
#[case::macros_custom_resources_applications_and_nested_stacks("templates.py")]
fn boto3_works(#[case] script: &str) {
    assert_passed(&boto3(&up(), script));
}

#[test]
fn a_region_that_aws_does_not_have_or_that_is_named_twice_is_refused() {
    for (regions, said) in [("us-east-1,eu-west-9", "AWS has no region `eu-west-9`"), ("eu-west-1,eu-west-1", "is named twice")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightproof-scenario"));
        let output = command.args(["up", "--regions", regions]).output().expect("the program");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && errors.contains(said), "{:?} {errors}", output.status);
    }
}

/// What only an instance's agent may call; most of it no SDK has.
const OF_THE_AGENT: [&str; 6] = [
    "ssm ListInstanceAssociations",
    "ssm PutComplianceItems",
    "ssm PutInventory",
    "ssm RegisterManagedInstance",
    "ssm UpdateInstanceAssociationStatus",
    "ssm UpdateInstanceInformation",
];

/// What answers that there is none, or none to be had, whatever is asked; `operations.py` looks at the error.
const NEVER_THERE: [&str; 5] = [
    "cloudformation CreateStackInstances",
    "cloudformation DeleteStackInstances",
    "cloudformation DescribeStackSet",
    "cloudformation ListStackInstances",
    "s3 GetBucketWebsite",
];

/// What takes something from a mail, and none is sent.
const BY_MAIL: &str = "sns ConfirmSubscription";

/// What is for a replay or a query that is still running, and here none takes time.
const OVER_AT_ONCE: [&str; 2] = ["events CancelReplay", "logs StopQuery"];

/// The operations that a region implements, each after its service.
#[tokio::main]
async fn operations() -> Vec<(&'static str, &'static str)> {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        EmbeddedOptions::new("111122223333", folder.path().join("region"), env!("CARGO_BIN_EXE_nightproof-scenario").into());
    let region = embedded::start(options).await.expect("a region");
    let operations = region.operations().expect("permissions");
    region.stop().await;
    operations
}

/// What calls the operations, by subject: identities, the VPC family, objects and keys, instances, functions, private subnets, and the rest.
const SCRIPTS: [&str; 7] =
    ["identity.py", "network.py", "storage.py", "machines.py", "functions.py", "private_subnet.py", "operations.py"];

/// What calls those that take a second region.
const OF_TWO_REGIONS: &str = "regions.py";

fn two_regions() -> Up {
    Up::start_with(env!("CARGO_BIN_EXE_nightproof-scenario"), &["--regions", "us-east-1,eu-west-1"]).expect("two regions")
}

#[rstest]
#[case::boto3("boto3")]
#[case::the_aws_cli("aws")]
fn every_operation_of_the_region_is_called_by(#[case] client: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let called = folder.path().join("called");
    let path = called.display().to_string();
    // Side by side, each on a region of its own.
    thread::scope(|scope| {
        for script in SCRIPTS {
            scope.spawn(|| assert_passed(&boto3_with(&up(), script, &[("CALLED", &path), ("CLIENT", client)])));
        }
        scope.spawn(|| assert_passed(&boto3_with(&two_regions(), OF_TWO_REGIONS, &[("CALLED", &path), ("CLIENT", client)])));
    });
    let called = fs::read_to_string(called).expect("what was called");
    let called: BTreeSet<&str> = called.lines().collect();
    let of_clients = |(service, _): &(&str, &str)| !matches!(*service, "ec2messages" | "ssmmessages");
    let all: BTreeSet<String> =
        operations().into_iter().filter(of_clients).map(|(service, operation)| format!("{service} {operation}")).collect();
    let excused =
        |one: &str| OF_THE_AGENT.contains(&one) || NEVER_THERE.contains(&one) || one == BY_MAIL || OVER_AT_ONCE.contains(&one);
    let left_out: Vec<&String> = all.iter().filter(|one| !called.contains(one.as_str()) && !excused(one)).collect();
    assert!(left_out.is_empty(), "no script in tests/clients calls {left_out:?} by {client} with success");
}

#[rstest]
#[case::instances_and_their_agents("instances.py")]
#[case::functions_and_their_sources("functions.py")]
fn a_second_region_has_machines_of_its_own(#[case] script: &str) {
    let there = [("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-1")];
    assert_passed(&boto3_with(&two_regions(), script, &there));
}

/// What `refused.py` is refused by beside AWS's own refusals.
const STRUCK: &str = "
  - when: {service: s3, operation: PutObject, input: {Key: last}}
    then: expire_credentials
  - when: {service: s3, operation: PutObject, input: {Key: struck}}
    then: {error: {code: SlowDown, status: 503, message: Please reduce your request rate.}}
";

#[test]
fn an_upload_that_is_refused_costs_the_next_one_nothing() {
    assert_passed(&boto3(&with_faults(STRUCK), "refused.py"));
}

#[rstest]
#[case::s3("transfers")]
#[case::refused_uploads("refusals")]
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
fn a_page_of_what_it_was_asked_is_written_when_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let [page, journal] = ["page.html", "journal"].map(|name| folder.path().join(name).display().to_string());
    let mut up =
        Up::start_with(env!("CARGO_BIN_EXE_nightproof-scenario"), &["--report", &page, "--journal", &journal]).expect("a region");
    assert_passed(&boto3(&up, "identity.py"));
    assert_eq!(up.end_by("TERM").expect("the end"), 0);
    let page = fs::read_to_string(page).expect("the page");
    assert!(page.contains("What the region was asked") && !page.contains("drill "), "{page}");
    for operation in ["CreateRole", "GetCallerIdentity"] {
        assert!(page.contains(&format!("\"o\":\"{operation}\"")), "{operation}: {page}");
    }
}

#[test]
fn killing_leaves_no_process() {
    let mut up = up();
    assert_passed(&boto3(&up, "busy.py"));
    let processes = up.descendants().expect("processes");
    assert_eq!(up.end_by("KILL").expect("the end"), -1);
    assert!(until(|| !processes.iter().any(|id| is_alive(*id))), "{processes:?}");
}
