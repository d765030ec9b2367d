//! Sessions of Session Manager by `nightproof shell`, on instances of a region that is up.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use nightproof_scenarios::{Up, is_alive, until};

use crate::up::{assert_passed, boto3};

const PROGRAM: &str = env!("CARGO_BIN_EXE_nightproof-scenario");

/// A connected instance, and one that is not.
fn instances(up: &Up) -> (String, String) {
    let output = boto3(up, "sessions.py");
    assert_passed(&output);
    let printed = String::from_utf8(output.stdout).expect("ids");
    let (connected, lonely) = printed.trim().split_once(' ').expect("two ids");
    (connected.to_owned(), lonely.to_owned())
}

fn shell(up: &Up, arguments: &[&str]) -> Command {
    let mut command = up.command(Path::new(PROGRAM));
    command.arg("shell").args(arguments);
    command
}

fn run(up: &Up, instance: &str, command: &str) -> Output {
    shell(up, &[instance, "--command", command]).stdin(Stdio::null()).output().expect("the program")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Starts a program whose input, output and errors are pipes.
fn piped(mut command: Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program")
}

fn assert_command_runs(up: &Up, instance: &str) {
    let done =
        run(up, instance, "echo \"it's $HOME\"; tty; grep -c ^ssm-user: /etc/passwd; sudo -n id -un; echo oops >&2; exit 3");
    assert_eq!(text(&done.stdout), "it's /home/ssm-user\nnot a tty\n1\nroot\n", "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("oops\n"), "{}", text(&done.stderr));
    assert_eq!(done.status.code(), Some(3));
    let large = run(up, instance, "seq 1 20000");
    assert!(large.status.success() && text(&large.stdout).lines().count() == 20_000, "{}", large.stdout.len());
}

fn assert_shell_talks(up: &Up, instance: &str) {
    let mut client = piped(shell(up, &[instance]));
    let mut input = client.stdin.take().expect("a pipe");
    input.write_all(b"echo a$((1 + 1))b $TERM; tty; exit\n").expect("to type");
    let done = client.wait_with_output().expect("the end");
    drop(input);
    let shown = text(&done.stdout);
    assert!(done.status.success(), "{}: {shown} {}", done.status, text(&done.stderr));
    assert!(shown.contains("a2b xterm-256color") && shown.contains("/dev/pts/"), "{shown}");
    assert!(text(&done.stderr).contains("Starting session with SessionId: root-0"), "{}", text(&done.stderr));
}

fn assert_port_is_forwarded(up: &Up, instance: &str) {
    let serve = "cd /tmp && head -c 300000 /dev/urandom > page && sha256sum page && \
                 { python3 -m http.server 8080 --bind 127.0.0.1 > /tmp/served 2>&1 & } && \
                 until (: < /dev/tcp/127.0.0.1/8080) 2> /dev/null; do sleep 0.05; done";
    let begun = run(up, instance, &format!("bash -c '{serve}'"));
    assert!(begun.status.success(), "{} {}", text(&begun.stdout), text(&begun.stderr));
    let sum = text(&begun.stdout).split_whitespace().next().expect("a sum").to_owned();
    let mut client = piped(shell(up, &[instance, "--port-forward", "0:8080"]));
    let mut line = String::new();
    BufReader::new(client.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let address = line.split_whitespace().next().expect("an address").to_owned();
    let fetch = || {
        let mut stream = TcpStream::connect(&address).expect("the port");
        stream.write_all(b"GET /page HTTP/1.0\r\n\r\n").expect("to ask");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let body = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        answer.split_off(body)
    };
    for body in std::thread::scope(|scope| [scope.spawn(fetch), scope.spawn(fetch)].map(|one| one.join().expect("a body"))) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), body).expect("to write");
        let summed = Command::new("sha256sum").arg(file.path()).output().expect("sha256sum");
        assert!(text(&summed.stdout).starts_with(&sum), "{} and not {sum}", text(&summed.stdout));
    }
    let interrupted = Command::new("kill").args(["-s", "INT", &client.id().to_string()]).status().expect("kill");
    let done = client.wait_with_output().expect("the end");
    assert!(interrupted.success() && done.status.success(), "{} {}", done.status, text(&done.stderr));
}

fn assert_not_connected(up: &Up, instance: &str) {
    let refused = run(up, instance, "true");
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("TargetNotConnected") && said.contains(&format!("{instance} is not connected.")), "{said}");
}

fn assert_ends_with_the_region(mut up: Up, instance: &str) {
    let mut client = piped(shell(&up, &[instance, "--command", "echo begun; sleep 1000"]));
    let mut line = String::new();
    BufReader::new(client.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert_eq!(line, "begun\n");
    let processes = up.descendants().expect("processes");
    assert_eq!(up.end_by("TERM").expect("the end"), 0);
    assert!(until(|| !processes.iter().any(|id| is_alive(*id))), "{processes:?}");
    let done = client.wait_with_output().expect("the end");
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
}

#[test]
fn a_session_is_a_shell_a_command_or_a_port_of_an_instance() {
    let up = Up::start(PROGRAM).expect("a region");
    let (instance, lonely) = instances(&up);
    assert_command_runs(&up, &instance);
    assert_shell_talks(&up, &instance);
    assert_port_is_forwarded(&up, &instance);
    assert_not_connected(&up, &lonely);
    assert_ends_with_the_region(up, &instance);
}

#[test]
fn who_may_not_use_a_document_has_no_session_by_it() {
    let policy = tempfile::NamedTempFile::new().expect("a file");
    let text_of_it = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["ec2:*", "iam:*", "ssm:DescribeInstanceInformation", "ssm:GetConnectionStatus", "ssm:GetParameters"], "Resource": "*"},
        {"Effect": "Allow", "Action": "ssm:StartSession", "Resource": ["arn:aws:ec2:*:*:instance/*", "arn:aws:ssm:*:*:document/SSM-SessionManagerRunShell"],
         "Condition": {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}},
        {"Effect": "Allow", "Action": "ssm:TerminateSession", "Resource": "arn:aws:ssm:*:*:session/${aws:username}-*"}]}"#;
    fs::write(policy.path(), text_of_it).expect("to write");
    let up = Up::start_with(PROGRAM, &["--operator-policy", &policy.path().display().to_string()]).expect("a region");
    let (instance, _) = instances(&up);
    let refused = run(&up, &instance, "true");
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("not authorized to perform: ssm:StartSession on resource: arn:aws:ssm:us-east-1:"), "{said}");
    assert!(said.contains("document/AWS-StartNonInteractiveCommand"), "{said}");
    let mut client = piped(shell(&up, &[&instance]));
    client.stdin.take().expect("a pipe").write_all(b"echo al''lowed\nexit\n").expect("to type");
    let done = client.wait_with_output().expect("the end");
    assert!(done.status.success() && text(&done.stdout).contains("allowed"), "{} {}", text(&done.stdout), text(&done.stderr));
    assert!(!text(&done.stderr).contains("warning"), "its own session is its own to end: {}", text(&done.stderr));
}
