//! `aws:runShellScript`: a script in a process group of its own, bounded in time and output.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nightproof_machine_protocol::spec::REBOOT;
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use super::output::{LIMIT, TRUNCATED, cut};
use super::reply::{Outcome, Status};

/// Seconds a script may run unless its document says otherwise.
const DEFAULT_TIMEOUT: u64 = 3600;
/// Once the script was killed, how long its streams may stay open in processes that left its group.
const LINGER: Duration = Duration::from_secs(2);
/// Held while a script is written and started: a process forked in between would hold the script open for writing, and executing it
/// would fail with "Text file busy".
static STARTING: Mutex<()> = Mutex::new(());

/// Runs the script of a step. `folder` is where it is kept, `downloads` where an earlier step may have left files, `environment` what it
/// sees; `cancelled` ends it.
pub(super) fn run(
    inputs: &Value,
    folder: &Path,
    downloads: &Path,
    environment: &[(String, String)],
    cancelled: &AtomicBool,
) -> Outcome {
    let lines: Vec<&str> = match inputs.get("runCommand") {
        Some(Value::Array(lines)) => match lines.iter().find(|line| !line.is_string()) {
            None => lines.iter().filter_map(Value::as_str).collect(),
            Some(other) => return unreadable(inputs, other, "string"),
        },
        None | Some(Value::Null) => Vec::new(),
        Some(other) => return unreadable(inputs, other, "[]string"),
    };
    let timeout = Duration::from_secs(timeout_seconds(inputs));
    let asked = inputs.get("workingDirectory").and_then(Value::as_str).unwrap_or_default();
    let downloaded = downloads.join(asked);
    let directory = match asked {
        // That of a step before, which has the files that a remote script may want.
        _ if !asked.starts_with('/') && downloaded.is_dir() => downloaded.to_str(),
        // Another that is not absolute is none.
        asked if !asked.starts_with('/') => None,
        asked => Some(asked),
    };
    if let Some(wrong) = directory.map(Path::new).filter(|directory| !directory.is_dir()) {
        let why = if wrong.exists() { "not a directory" } else { "no such file or directory" };
        return Outcome::failed(&format!("failed to run commands: fork/exec /usr/bin/sh: {why}"));
    }
    let started = match start(&lines, folder, directory, environment) {
        Ok(child) => child,
        Err(error) => return Outcome::failed(&format!("cannot start the script: {error}")),
    };
    wait(started, folder, timeout, cancelled)
}

/// Inputs that are not what the agent's types say.
fn unreadable(inputs: &Value, value: &Value, wanted: &str) -> Outcome {
    let kind = match value {
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
        Value::Array(_) => "array",
        _ => "object",
    };
    Outcome::failed(&format!(
        "Invalid format in plugin properties {};\nerror json: cannot unmarshal {kind} into Go struct field \
         RunScriptPluginInput.RunCommand of type {wanted}",
        plain(inputs)
    ))
}

/// A value as the agent prints it: `map[runCommand:[echo 1]]`.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            let members = members.into_iter().map(|(name, member)| format!("{name}:{}", plain(member)));
            format!("map[{}]", members.collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}

/// 5 to 172,800 seconds; anything else is the default, as the real agent has it.
fn timeout_seconds(inputs: &Value) -> u64 {
    let asked = match inputs.get("timeoutSeconds") {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    asked.filter(|seconds| (5..=172_800).contains(seconds)).unwrap_or(DEFAULT_TIMEOUT)
}

fn start(lines: &[&str], folder: &Path, directory: Option<&str>, environment: &[(String, String)]) -> io::Result<Child> {
    fs::create_dir_all(folder)?;
    let script = folder.join("_script.sh");
    let _held = STARTING.lock();
    fs::write(&script, lines.join("\n") + "\n")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700))?;
    let mut command = Command::new("sh");
    command.arg("-c").arg(&script).env_clear().envs(environment.iter().cloned()).process_group(0);
    // That of the agent without one.
    if let Some(directory) = directory {
        command.current_dir(directory);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Waits as the real agent does: until the script has ended *and* nobody holds its output open any more. A script that leaves a process
/// behind without redirecting its output is in progress until it times out.
fn wait(mut child: Child, folder: &Path, timeout: Duration, cancelled: &AtomicBool) -> Outcome {
    let stdout = child.stdout.take().map(|stream| keep(stream, folder.join(STDOUT)));
    let stderr = child.stderr.take().map(|stream| keep(stream, folder.join(STDERR)));
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let started = Instant::now();
    let mut status = Status::Success;
    let ended = loop {
        let ended = match child.try_wait() {
            Ok(ended) => ended,
            Err(error) => return Outcome::failed(&format!("cannot wait for the script: {error}")),
        };
        if let Some(ended) = ended
            && (status != Status::Success || [&stdout, &stderr].into_iter().flatten().all(Kept::complete))
        {
            break ended;
        }
        if cancelled.load(Ordering::Relaxed) {
            status = Status::Cancelled;
        } else if started.elapsed() >= timeout {
            status = Status::TimedOut;
        }
        if let (Status::Cancelled | Status::TimedOut, Some(group)) = (status, group) {
            // The whole group: what the script started must not outlive its time.
            let _ = kill_process_group(group, Signal::KILL);
        }
        thread::sleep((started.elapsed() / 50).clamp(Duration::from_millis(1), Duration::from_millis(20)));
    };
    let code = match (status, ended.code()) {
        (Status::Cancelled | Status::TimedOut, _) => 137,
        // A shell answers 137 for a program that was killed; the real agent takes that for its own doing.
        (_, Some(137)) => {
            status = Status::TimedOut;
            137
        }
        // By a signal to the script itself there is none.
        (_, code) => code.unwrap_or(-1),
    };
    status = match (status, code) {
        (Status::Success, 0) => Status::Success,
        (Status::Success, code) if code == i32::from(REBOOT) => Status::SuccessAndReboot,
        (Status::Success, _) => Status::Failed,
        (status, _) => status,
    };
    let (stdout, mut stderr) = (collect(stdout), collect(stderr));
    if status == Status::Failed {
        let failed = match ended.signal() {
            Some(signal) => format!("failed to run commands: signal: {}", signal_name(signal)),
            None => format!("failed to run commands: exit status {code}"),
        };
        // As in what is reported, so in what is kept. A full disk keeps none of it.
        let _ = append(&folder.join(STDERR)).and_then(|mut file| file.write_all(failed.as_bytes()));
        stderr.extend(failed.bytes());
    }
    Outcome::printed(status, code, cut(&stdout), cut(&stderr))
}

/// As the agent's language calls them.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        24 => "CPU time limit exceeded",
        25 => "file size limit exceeded",
        31 => "bad system call",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

/// What is kept of a stream, and who reads it.
struct Kept {
    chunks: mpsc::Receiver<Vec<u8>>,
    reader: thread::JoinHandle<()>,
}

impl Kept {
    /// Whether the stream has ended.
    fn complete(&self) -> bool {
        self.reader.is_finished()
    }
}

/// Names of the files beside a script that have all of its streams.
pub(super) const STDOUT: &str = "stdout";
pub(super) const STDERR: &str = "stderr";

/// A file to which a script's output is added, also after a reboot.
fn append(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().create(true).append(true).open(path)
}

/// Reads a stream to its end in a thread of its own, keeps all of it in a file, and here what may be reported.
fn keep(mut stream: impl Read + Send + 'static, path: PathBuf) -> Kept {
    let (sender, chunks) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut kept = 0;
        let mut file = append(&path).ok();
        let mut buffer = [0; 8192];
        while let Ok(length) = stream.read(&mut buffer) {
            let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
            // A disk that is full keeps no more; the script goes on.
            if file.as_mut().is_some_and(|file| file.write_all(bytes).is_err()) {
                file = None;
            }
            if kept <= LIMIT {
                kept += bytes.len();
                if sender.send(bytes.to_vec()).is_err() {
                    break;
                }
            }
        }
    });
    Kept { chunks, reader }
}

fn collect(stream: Option<Kept>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let deadline = Instant::now() + LINGER;
    while let Some(Ok(more)) =
        stream.as_ref().map(|stream| stream.chunks.recv_timeout(deadline.saturating_duration_since(Instant::now())))
    {
        bytes.extend(more);
    }
    bytes
}

impl Outcome {
    /// Puts what a plugin printed `before` a reboot, by its report, before what it printed since.
    pub(super) fn go_on_from(&mut self, before: &Value) {
        let text = |name: &str| before.get(name).and_then(Value::as_str).unwrap_or_default();
        self.stdout = continued(text("standardOutput"), &self.stdout);
        self.stderr = continued(text("standardError"), &self.stderr);
    }
}

/// The output of a script that was begun before a reboot: the real agent appends to the same files.
fn continued(before: &str, now: &str) -> String {
    if before.ends_with(TRUNCATED) { before.to_owned() } else { cut(format!("{before}{now}").as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn script(lines: &[&str]) -> Outcome {
        run_with(json!({"runCommand": lines}), &AtomicBool::new(false))
    }

    fn run_with(inputs: Value, cancelled: &AtomicBool) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = ("PATH".to_owned(), "/usr/bin:/bin".to_owned());
        run(&inputs, folder.path(), &folder.path().join("downloads"), &[path], cancelled)
    }

    #[test]
    fn both_streams_and_the_exit_code_are_reported() {
        let outcome = script(&["echo out", "echo err >&2", "exit 3"]);
        assert_eq!((outcome.status, outcome.code), (Status::Failed, 3));
        assert_eq!(outcome.stdout, "out\n");
        assert_eq!(outcome.stderr, "err\nfailed to run commands: exit status 3");
    }

    #[test]
    fn exit_code_194_is_no_failure_and_asks_for_a_reboot() {
        let outcome = script(&["echo installed", "exit 194"]);
        assert_eq!((outcome.status, outcome.code), (Status::SuccessAndReboot, 194));
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("installed\n", ""));
    }

    #[test]
    fn output_goes_on_after_a_reboot() {
        assert_eq!(continued("before\n", "after\n"), "before\nafter\n");
        let long = continued(&cut(&[b'x'; LIMIT + 1]), "y");
        assert_eq!(long.chars().count(), 24_000);
        assert!(long.ends_with(TRUNCATED), "{long}");
    }

    #[test]
    fn all_of_the_output_is_kept_beside_the_script() {
        let folder = tempfile::tempdir().unwrap();
        let path = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        let inputs = json!({"runCommand": ["head -c 100000 /dev/zero | tr '\\0' x; echo wrong >&2; exit 1"]});
        run(&inputs, folder.path(), &folder.path().join("downloads"), &path, &AtomicBool::new(false));
        assert_eq!(fs::metadata(folder.path().join(STDOUT)).unwrap().len(), 100_000);
        let errors = fs::read_to_string(folder.path().join(STDERR)).unwrap();
        assert_eq!(errors, "wrong\nfailed to run commands: exit status 1");
    }

    #[test]
    fn inputs_are_a_list_of_lines_or_nothing() {
        let outcome = run_with(json!({"runCommand": "echo hi"}), &AtomicBool::new(false));
        assert!(outcome.status == Status::Failed && outcome.stderr.contains("cannot unmarshal string"), "{outcome:?}");
        assert_eq!(run_with(json!({}), &AtomicBool::new(false)).status, Status::Success);
        assert_eq!(run_with(Value::Null, &AtomicBool::new(false)).status, Status::Success);
    }

    #[test]
    fn a_working_directory_that_is_not_there_fails_the_script() {
        let outcome = run_with(json!({"runCommand": ["true"], "workingDirectory": "/no/such/folder"}), &AtomicBool::new(false));
        assert_eq!(outcome.stderr, "failed to run commands: fork/exec /usr/bin/sh: no such file or directory");
        assert_eq!((outcome.status, outcome.code), (Status::Failed, 1));
    }

    #[test]
    fn only_the_last_commands_exit_code_counts() {
        assert_eq!(script(&["false", "true"]).status, Status::Success);
    }

    #[test]
    fn long_output_is_cut_at_24000_bytes() {
        let outcome = script(&["head -c 2000000 /dev/zero | tr '\\0' x"]);
        assert_eq!(outcome.stdout.chars().count(), 24_000);
        assert!(outcome.stdout.ends_with("--output truncated--"));
        assert_eq!(outcome.status, Status::Success);
    }

    #[test]
    fn a_cancelled_script_is_killed_with_its_children() {
        let cancelled = AtomicBool::new(true);
        let outcome = run_with(json!({"runCommand": ["sleep 600 & sleep 600"]}), &cancelled);
        assert_eq!((outcome.status, outcome.code), (Status::Cancelled, 137));
    }

    #[test]
    fn a_script_whose_output_is_held_open_is_in_progress_until_that_ends() {
        let outcome = script(&["(sleep 0.3; echo late) &", "echo early"]);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Status::Success, "early\nlate\n"));
    }

    #[test]
    fn what_a_script_left_behind_is_killed_at_the_timeout() {
        let folder = tempfile::tempdir().unwrap();
        let path = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        let child = start(&["sleep 600 &"], folder.path(), None, &path).unwrap();
        let outcome = wait(child, folder.path(), Duration::from_millis(200), &AtomicBool::new(false));
        assert_eq!((outcome.status, outcome.code), (Status::TimedOut, 137));
    }

    #[test]
    fn many_scripts_start_at_once() {
        let scripts: Vec<_> = (0..32).map(|_| thread::spawn(|| script(&["true"]).code)).collect();
        assert!(scripts.into_iter().all(|script| script.join().unwrap() == 0));
    }

    #[test]
    fn a_script_that_a_signal_ends_failed_and_one_that_says_137_timed_out() {
        // All of its process group: whether the shell that started it waits or became it is for the shell to say.
        let outcome = script(&["kill -9 0"]);
        assert_eq!((outcome.status, outcome.code), (Status::Failed, -1));
        assert_eq!(outcome.stderr, "failed to run commands: signal: killed");
        assert_eq!(script(&["exit 137"]).status, Status::TimedOut);
    }

    #[test]
    fn inputs_that_cannot_be_read_are_told_as_the_agent_prints_them() {
        let outcome = run_with(json!({"timeoutSeconds": 5, "runCommand": [["a", "b"], {"k": null}]}), &AtomicBool::new(false));
        assert_eq!(
            outcome.stderr,
            "Invalid format in plugin properties map[runCommand:[[a b] map[k:<nil>]] timeoutSeconds:5];\nerror json: cannot \
             unmarshal array into Go struct field RunScriptPluginInput.RunCommand of type string"
        );
    }

    #[test]
    fn timeouts_outside_the_limits_are_the_default() {
        assert_eq!(timeout_seconds(&json!({"timeoutSeconds": "4"})), 3600);
        assert_eq!(timeout_seconds(&json!({"timeoutSeconds": "172800"})), 172_800);
        assert_eq!(timeout_seconds(&json!({"timeoutSeconds": 5})), 5);
    }
}
