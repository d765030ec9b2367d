//! Machines as Docker containers. Needs an engine, and makes its images where they are not there: `cargo xtask containers`.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use nightproof_journal::Journal;
use nightproof_machine::container::{self, Containers, Engine, Owner, Pull, Why};
use nightproof_machine::{Machine, MachineError, MachineSpec, Machines, Size};

use crate::machine::{Echo, machines_with};

/// A run of nightproof: a region whose machines are containers, in a folder with a held lock.
struct Run {
    machines: Machines,
    journal: Journal,
    engine: Engine,
    owner: Owner,
    folder: tempfile::TempDir,
    lock: File,
}

async fn run_with(image: Option<&str>) -> Run {
    let folder = tempfile::Builder::new().prefix("nightproof-test-").tempdir().unwrap();
    let lock = File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let engine = Engine::connect().await.unwrap();
    let owner = Owner::of(folder.path(), SignedDuration::from_hours(1));
    let image = image.map(str::to_owned);
    let named = (image.clone(), image);
    let containers = Containers::prepare(engine.clone(), owner.clone(), Pull::Never, named, Box::new(|_| {})).await.unwrap();
    let journal = Journal::default();
    let machines = machines_with(folder.path(), journal.clone());
    machines.set_containers(containers);
    Run { machines, journal, engine, owner, folder, lock }
}

fn script(id: &str, script: &str) -> MachineSpec {
    let mut spec = MachineSpec::function(id, vec!["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()]);
    spec.directory = "/".to_owned();
    spec
}

impl Run {
    async fn boot(&self, spec: MachineSpec) -> Result<(Machine, Arc<Echo>), MachineError> {
        let echo = Arc::new(Echo::default());
        Ok((Machine::boot(&self.machines, spec, Arc::clone(&echo) as _).await?, echo))
    }

    /// Exit code and console of a script.
    async fn output(&self, text: &str) -> (i32, String) {
        let (machine, echo) = self.boot(script("env", text)).await.unwrap();
        let code = tokio::time::timeout(Duration::from_secs(60), machine.exited()).await.expect("the script ends");
        (code, echo.text())
    }

    /// Names of this run's containers, running or not.
    fn containers(&self) -> String {
        docker(&["ps", "--all", "--filter", &format!("label=nightproof.run={}", self.owner.run), "--format", "{{.Names}}"])
    }
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn the_exit_code_and_output_are_the_commands() {
    let run = run_with(None).await;
    let (code, console) = run.output("echo out; echo err >&2; hostname; id -u; aws --version; exit 7").await;
    assert_eq!(code, 7, "{console}");
    for line in ["out", "err", "localhost", "0", "aws-cli/1."] {
        assert!(console.contains(line), "{console}");
    }
    assert_eq!(run.containers(), "", "an ended machine is removed");
    assert!(!run.folder.path().join("m/env").exists());
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn the_network_leads_to_aws_alone_and_nobody_may_change_it() {
    let run = run_with(None).await;
    let text =
        "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort; grep CapBnd /proc/self/status; grep CapPrm /proc/1/status";
    let (_, console) = run.output(text).await;
    let lines: Vec<&str> = console.lines().map(str::trim).collect();
    assert_eq!(lines.get(..2), Some(&["eth0", "lo"][..]), "{console}");
    assert_eq!(lines.len(), 4, "{console}");
    for line in lines.iter().skip(2) {
        let set = u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap();
        assert!(set != 0 && set & (1 << 12 | 1 << 21) == 0, "CAP_NET_ADMIN or CAP_SYS_ADMIN is in {line}");
    }
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn each_port_is_carried_to_its_channel_and_names_resolve() {
    let run = run_with(None).await;
    let connect = |address: &str, port: u16| {
        format!(
            "python3 -c \"import socket; s=socket.create_connection(('{address}',{port})); s.sendall(b'hello'); s.shutdown(1); print(s.makefile().read())\"; "
        )
    };
    let text = connect("b.s3.us-east-1.amazonaws.com", 443)
        + &connect("169.254.169.254", 80)
        + &connect("127.0.0.1", 9001)
        + "getent hosts example.com || echo none";
    let (_, console) = run.output(&text).await;
    for answer in ["Https:hello", "Imds:hello", "RuntimeApi:hello", "none"] {
        assert!(console.contains(answer), "{console}");
    }
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn a_stopped_machine_leaves_nothing() {
    let run = run_with(None).await;
    let (machine, _) = run.boot(script("env", "sleep 31536000")).await.unwrap();
    assert_eq!(run.containers(), format!("{}-env\n", run.owner.run));
    machine.stop().await;
    assert_eq!(run.containers(), "");
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn a_process_that_takes_more_memory_than_there_is_is_killed() {
    let run = run_with(None).await;
    let mut spec = script("env", "python3 -c 'b\"x\" * (300 * 1024 * 1024)'; echo code $?");
    spec.size = Some(Size { memory_mib: 128, processors: 1.0 });
    let (machine, echo) = run.boot(spec).await.unwrap();
    machine.exited().await;
    assert!(echo.text().contains("code 137"), "{}", echo.text());
}

/// The guest brings its own loader and libraries.
#[tokio::test]
#[ignore = "needs Docker"]
async fn a_machine_boots_from_an_image_with_nothing_in_it() {
    let image = format!("nightproof-test/empty:{}", std::process::id());
    let empty = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(empty.path(), [0; 1024]).unwrap();
    docker(&["import", &empty.path().to_string_lossy(), &image]);
    let run = run_with(Some(&image)).await;
    let loader = Path::new("/lib64/ld-linux-x86-64.so.2").file_name().unwrap().to_string_lossy().into_owned();
    let mut spec = script("env", "");
    spec.command = vec![format!("/run/nightproof/lib/{loader}"), "--version".to_owned()];
    let (machine, echo) = run.boot(spec).await.unwrap();
    assert_eq!(machine.exited().await, 0, "{}", echo.text());
    docker(&["image", "rm", &image]);
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn a_sweep_takes_what_an_ended_run_left_and_nothing_of_a_living_one() {
    let (living, dead) = (run_with(None).await, run_with(None).await);
    let (kept, _) = living.boot(script("env", "sleep 31536000")).await.unwrap();
    let (left, _) = dead.boot(script("env", "sleep 31536000")).await.unwrap();
    drop(dead.lock);
    let found = container::sweep(&living.engine).await.unwrap();
    let of = |run: &Owner| found.iter().filter(|found| found.run == run.run).cloned().collect::<Vec<_>>();
    assert_eq!(of(&living.owner), []);
    let abandoned = of(&dead.owner);
    assert_eq!(abandoned.iter().map(|found| &found.why).collect::<Vec<_>>(), [&Why::Gone]);
    container::remove(&living.engine, &abandoned[0].id).await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), left.exited()).await.expect("it is removed");
    assert!(kept.is_running());
    container::remove(&living.engine, &abandoned[0].id).await.expect("what is gone is no error");
    kept.stop().await;
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn an_image_that_is_not_there_is_said() {
    let engine = Engine::connect().await.unwrap();
    let owner = Owner::of(Path::new("/nonexistent"), SignedDuration::from_hours(1));
    let named = (Some("nightproof-test/none:1".to_owned()), None);
    let error = Containers::prepare(engine, owner, Pull::Never, named, Box::new(|_| {})).await.err().unwrap();
    assert!(error.to_string().contains("nightproof-test/none:1"), "{error}");
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn only_what_is_open_of_a_container_is_reached() {
    if !crate::published::alone("container::only_what_is_open_of_a_container_is_reached") {
        return;
    }
    let run = run_with(None).await;
    crate::published::only_what_is_open_is_reached(&run.machines, &run.journal).await;
    assert_eq!(run.containers(), "");
}
