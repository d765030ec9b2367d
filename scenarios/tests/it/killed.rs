//! A drill that is killed at whatever it does leaves nothing that a sweep does not find.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nightproof_scenarios::{descendants, is_alive, until};
use rstest::rstest;
use serde_json::Value;

use crate::command::PROGRAM;
use crate::container::{docker, run_of, signal};

/// Containers on an embedded region, and with the store in another one.
const EMBEDDED: &[&str] = &["--machine", "container", "--cloud", "embedded"];
const LOCALSTACK: &[&str] = &["--machine", "container", "--cloud", "localstack"];

fn nightproof(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("TMPDIR", folder).env("XDG_STATE_HOME", folder.with_extension("state"));
    command.env_remove("NIGHTPROOF_LOCALSTACK");
    command
}

/// What a drill has on this machine at one time.
struct Stock {
    /// Its label.
    run: String,
    /// Processes outside of containers and in them, nightproof's own included.
    processes: Vec<u32>,
    /// Volumes that the engine made for its containers.
    volumes: Vec<String>,
}

impl Stock {
    /// Stops the drill, so that what is seen is what there is when it is killed. Nobody else removes any of it while its drill is there.
    fn of_stopped(drill: &Child, folder: &Path) -> Self {
        let id = drill.id();
        signal(id, "STOP");
        let mut stock = Self { run: run_of(folder), processes: descendants(id).expect("processes"), volumes: Vec::new() };
        stock.processes.push(id);
        for container in stock.labelled(&["ps", "--all", "--quiet"]).lines() {
            let seen: Value = serde_json::from_str(&docker(&["inspect", container])).expect("a description");
            let process = seen[0]["State"]["Pid"].as_u64().and_then(|process| u32::try_from(process).ok());
            stock.processes.extend(process.filter(|process| *process != 0));
            let mounts = seen[0]["Mounts"].as_array().into_iter().flatten();
            stock.volumes.extend(
                mounts.filter(|mount| mount["Type"] == "volume").filter_map(|mount| mount["Name"].as_str().map(str::to_owned)),
            );
        }
        stock
    }

    /// What the engine lists under the run's label.
    fn labelled(&self, list: &[&str]) -> String {
        let filter = format!("label=nightproof.run={}", self.run);
        docker(&[list, &["--filter", &filter]].concat())
    }

    /// What is still there.
    fn left(&self, folder: &Path) -> Vec<String> {
        let mut left: Vec<String> = Vec::new();
        for list in [&["ps", "--all", "--quiet"][..], &["network", "ls", "--quiet"], &["volume", "ls", "--quiet"]] {
            left.extend(self.labelled(list).lines().map(|id| format!("{}: {id}", list.join(" "))));
        }
        let volumes = docker(&["volume", "ls", "--quiet"]);
        left.extend(
            volumes
                .lines()
                .filter(|volume| self.volumes.iter().any(|ours| ours == volume))
                .map(|volume| format!("volume {volume}")),
        );
        left.extend(self.processes.iter().filter(|process| is_alive(**process)).map(|process| format!("process {process}")));
        let files = std::fs::read_dir(folder).expect("the folder").flatten();
        left.extend(files.map(|file| format!("folder {}", file.file_name().to_string_lossy())));
        left
    }
}

/// Starts a drill, reads what `told` picks of it until a line has `mark` in it, kills it there, sweeps, and looks.
fn nothing_is_left_of<R: Read>(place: &[&str], mark: &str, has_containers: bool, told: fn(&mut Child) -> Option<R>) {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("tmp");
    std::fs::create_dir(&folder).expect("a folder");
    let mut drill = nightproof(&folder, &[&["run", "--format", "json"], place].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let lines = BufReader::new(told(&mut drill).expect("its output")).lines();
    let mut said = Vec::new();
    let reached = lines.map_while(Result::ok).any(|line| {
        said.push(line);
        said.last().is_some_and(|line| line.contains(mark))
    });
    assert!(reached, "the drill came to `{mark}`: {said:#?}");
    let stock = Stock::of_stopped(&drill, &folder);
    let before = stock.left(&folder);
    drill.kill().expect("it is killed");
    drill.wait().expect("it has ended");
    for (kind, there) in [("folder ", true), ("ps ", has_containers)] {
        assert!(!there || before.iter().any(|one| one.starts_with(kind)), "there is something to sweep: {before:#?}");
    }
    let swept = nightproof(&folder, &["sweep"]).output().expect("the program");
    assert_eq!(swept.status.code(), Some(0), "{swept:?}");
    // The engine removes containers of functions by itself, in its own time.
    let gone = until(|| stock.left(&folder).is_empty());
    assert!(gone, "{:#?}\nswept: {}", stock.left(&folder), String::from_utf8_lossy(&swept.stdout));
}

#[rstest]
#[ignore = "needs Docker"]
fn nothing_survives_a_killed_drill_and_a_sweep(
    #[values(EMBEDDED, LOCALSTACK)] place: &[&str],
    #[values("deploy", "boot", "seed", "fire", "observe", "verify", "restore", "destroy")] step: &str,
) {
    let has_containers = place == LOCALSTACK || step != "deploy";
    let mark = format!("\"event\":\"step_started\",\"step\":\"{step}\"");
    nothing_is_left_of(place, &mark, has_containers, |drill| drill.stdout.take());
}

#[test]
#[ignore = "needs Docker"]
fn nothing_survives_a_drill_that_was_killed_while_localstack_started() {
    // Docker may not have made it yet.
    nothing_is_left_of(LOCALSTACK, "starting LocalStack", false, |drill| drill.stderr.take());
}

#[test]
fn a_sweep_removes_the_folder_of_a_killed_drill_and_not_of_a_living_one() {
    let outer = tempfile::tempdir().expect("a folder");
    let sweep = |arguments: &[&str]| {
        let output = nightproof(outer.path(), &[&["sweep"], arguments].concat()).output().expect("the program");
        // Whether there is an engine is another matter.
        String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with("folder ")).collect::<Vec<_>>().join("\n")
    };
    let folder = outer.path().join("nightproof-of-a-test");
    std::fs::create_dir(&folder).expect("a folder");
    let lock = std::fs::File::create(folder.join("lock")).expect("a lock");
    lock.lock().expect("it is held");
    assert_eq!((sweep(&[]).as_str(), folder.exists()), ("", true));
    drop(lock);
    let told = format!("folder {}: its nightproof has ended", folder.display());
    assert_eq!((sweep(&["--dry-run"]), folder.exists()), (told.clone(), true));
    assert_eq!((sweep(&[]), folder.exists()), (told, false));
}
