//! Containers, stores and engines that go away in the middle of a drill, and a LocalStack that never answers. All needs Docker.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use nightproof_scenarios::{Night, Scenario, Template, until};
use parking_lot::Mutex;
use rstest::rstest;

use crate::container::{docker, run_of, signal};

/// A drill in containers with its store in `cloud`.
fn drill(cloud: &str) -> Scenario {
    crate::scenario().with(&["--machine", "container", "--cloud", cloud]).without("NIGHTPROOF_LOCALSTACK")
}

/// One whose script can be met at its work, and whose command is given up soon when nobody reports of it.
fn slow_drill() -> Scenario {
    let template = Template::default()
        .replacing("          gzip -t \"$archive\"\n", "          gzip -t \"$archive\"\n          sleep 20\n")
        .replacing("TimeoutSeconds=600", "TimeoutSeconds=30")
        .replacing("\"executionTimeout\": [\"3600\"]", "\"executionTimeout\": [\"15\"]");
    drill("embedded").template(&template).expect("a template")
}

fn containers_of(run: &str) -> String {
    docker(&["ps", "--all", "--filter", &format!("label=nightproof.run={run}"), "--format", "{{.Names}}"])
}

/// Runs `drill`, has `act` done once with the run's name and process when a step begins, and answers what the drill came to, and the run.
fn interfering(drill: Scenario, step: &str, act: impl FnOnce(&str, u32)) -> (Night, String) {
    let tmp = drill.folder().join("tmp");
    let mark = format!("\"event\":\"step_started\",\"step\":\"{step}\"");
    let (mut act, mut run) = (Some(act), String::new());
    let night = drill.run_hearing(|line, process| {
        if line.contains(&mark)
            && let Some(act) = act.take()
        {
            run = run_of(&tmp);
            act(&run, process);
        }
    });
    assert!(act.is_none(), "the drill came to `{step}`: {night:#?}");
    (night.expect("a drill"), run)
}

/// Waits until the instance's script is at its work; the name of its container.
fn at_work(run: &str) -> String {
    let names = containers_of(run);
    let instance = names.lines().find(|name| name.contains("-i-")).expect("the instance's container").to_owned();
    assert!(until(|| docker(&["top", &instance, "-eo", "pid,args"]).contains("sleep 20")), "the script runs");
    instance
}

#[rstest]
#[case::deploy("deploy", "stack")]
#[case::seed("seed", "drill")]
#[case::observe("observe", "script")]
#[ignore = "needs Docker"]
fn a_localstack_that_dies_fails_the_drill_with_its_address(#[case] step: &str, #[case] hop: &str) {
    let (night, run) = interfering(drill("localstack"), step, |run, process| {
        // An engine that is slow to kill is no faster than the step otherwise.
        signal(process, "STOP");
        docker(&["kill", &format!("{run}-localstack")]);
        signal(process, "CONT");
    });
    assert_eq!((night.code, night.hop()), (1, Some(hop)), "{night:#?}");
    assert!(night.why().contains("the store at http://127.0.0.1:"), "{}", night.why());
    assert!(night.left.is_empty(), "{night:#?}");
    assert_eq!(containers_of(&run), "");
}

#[test]
#[ignore = "needs Docker"]
fn an_instance_whose_container_is_removed_in_mid_command_fails_the_drill() {
    let remove = |run: &str, _| drop(docker(&["rm", "--force", &at_work(run)]));
    let (night, run) = interfering(slow_drill(), "observe", remove);
    night.assert_broken("instance", "DeliveryTimedOut");
    assert_eq!(containers_of(&run), "");
}

/// A way to the engine that can be closed.
struct Way {
    socket: PathBuf,
    open: Arc<Mutex<Vec<UnixStream>>>,
    _folder: tempfile::TempDir,
}

impl Way {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let open = Arc::<Mutex<Vec<UnixStream>>>::default();
        let kept = Arc::clone(&open);
        thread::spawn(move || {
            for inner in listener.incoming().flatten() {
                let outer = UnixStream::connect("/var/run/docker.sock").expect("the engine");
                for (mut from, mut to) in [(&inner, &outer), (&outer, &inner)].map(|(from, to)| (twin(from), twin(to))) {
                    thread::spawn(move || {
                        // Either end may be gone at any time.
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Write);
                    });
                }
                kept.lock().extend([inner, outer]);
            }
        });
        Self { socket, open, _folder: folder }
    }

    /// From now on there is no engine.
    fn close(&self) {
        std::fs::remove_file(&self.socket).expect("the socket");
        for stream in self.open.lock().iter() {
            // One that has ended by itself.
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn twin(stream: &UnixStream) -> UnixStream {
    stream.try_clone().expect("a descriptor")
}

#[test]
#[ignore = "needs Docker"]
fn an_engine_that_goes_away_fails_the_drill_which_says_what_is_left() {
    let way = Way::new();
    let drill = slow_drill().environment("DOCKER_HOST", &format!("unix://{}", way.socket.display()));
    let (night, run) = interfering(drill, "observe", |run, _| {
        at_work(run);
        way.close();
    });
    assert_eq!((night.code, night.hop()), (4, Some("instance")), "{night:#?}");
    assert!(night.why().contains("DeliveryTimedOut"), "{}", night.why());
    assert!(night.errors.contains("the Docker engine refused to list containers"), "{}", night.errors);
    assert!(night.errors.contains("help: `nightproof sweep` removes what is left"), "{}", night.errors);
    assert!(night.left.is_empty(), "{night:#?}");
    let swept = Command::new(env!("CARGO_BIN_EXE_nightproof-scenario")).arg("sweep").output().expect("the program");
    assert_eq!(swept.status.code(), Some(0), "{swept:?}");
    assert!(until(|| containers_of(&run).is_empty()), "{}", containers_of(&run));
}

/// An image whose containers do nothing for a while.
struct Idle(String);

impl Idle {
    fn new() -> Self {
        let image = docker(&["image", "ls", "--quiet", "--filter", "label=nightproof.image=instance"]);
        let from = image.lines().next().expect("the instance image: run `nightproof images`");
        let container = docker(&["create", from, "true"]);
        let name = format!("nightproof-test/idle:{}", std::process::id());
        docker(&[
            "commit",
            "--change",
            "LABEL nightproof.image=none",
            "--change",
            "ENTRYPOINT [\"sleep\", \"600\"]",
            &container,
            &name,
        ]);
        docker(&["rm", &container]);
        Self(name)
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        docker(&["image", "rm", &self.0]);
    }
}

#[test]
#[ignore = "needs Docker"]
fn a_localstack_that_is_too_slow_is_said_with_its_remedy() {
    let idle = Idle::new();
    let arguments = ["--localstack-image", &idle.0, "--localstack-timeout", "2"];
    let night = drill("localstack").with(&arguments).run().expect("a drill");
    assert_eq!((night.code, night.outcome.is_some()), (3, false), "{night:#?}");
    // Whether the one who publishes the port has refused by then, or is silent still, is Docker's.
    let late = format!("LocalStack ({}) does not answer after 2 s: ", idle.0);
    let (_, last) = night.errors.split_once(&late).unwrap_or_else(|| panic!("{}", night.errors));
    assert!(last.lines().next().is_some_and(|last| last.contains("http://127.0.0.1:")), "{}", night.errors);
    assert!(night.errors.contains("help: give it longer (`--localstack-timeout SECONDS`)"), "{}", night.errors);
    assert!(night.left.is_empty(), "{night:#?}");
    assert_eq!(docker(&["ps", "--all", "--quiet", "--filter", &format!("ancestor={}", idle.0)]), "");
}
