//! A drill on an account beside the same drill on a local region.

use std::fs;
use std::process::Output;

use firedrill_scenarios::Up;

use crate::command::said;
use crate::smoke::{ACCOUNT, account, firedrill};

/// A file of the account's home, as an argument.
fn at_home(up: &Up, name: &str) -> String {
    up.home().join(name).display().to_string()
}

/// A drill on the account, by an invocation.
fn smoke(up: &Up, more: &[&str]) -> Output {
    let ended = firedrill(up, &[&["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke"], more].concat());
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    ended
}

#[test]
fn step_times_stand_beside_those_of_the_last_local_drill_that_passed() {
    let up = account();
    let (journal, report) = (at_home(&up, "journal"), at_home(&up, "report.xml"));
    let first = smoke(&up, &["--report", &report]);
    assert!(!said(&first).contains("local drill"), "{}", said(&first));
    assert!(!fs::read_to_string(&report).expect("a report").contains("local-seconds"));

    let passed = firedrill(&up, &["run", "--format", "json"]);
    assert_eq!(passed.status.code(), Some(0), "{}", said(&passed));
    let run = said(&passed).split_once("\"run\":\"").map(|(_, rest)| rest[..8].to_owned()).expect("its id");
    // One that does not pass is not kept.
    let failed = firedrill(&up, &["run", "--rule", "Nonesuch"]);
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));

    let beside = smoke(&up, &["--journal", &journal]);
    assert!(said(&beside).contains(&format!("local drill {run}")), "{}", said(&beside));
    let line = said(&beside).lines().find(|line| line.starts_with("deploy ")).map(str::to_owned).expect("a line");
    assert_eq!(line.matches(" s").count(), 2, "{line}");
    // What is made of the journal later has them too.
    let told = firedrill(&up, &["report", &journal, "--output", &report]);
    assert_eq!(told.status.code(), Some(0), "{}", said(&told));
    let xml = fs::read_to_string(&report).expect("a report");
    assert!(xml.matches("<property name=\"local-seconds\"").count() > 5, "{xml}");
    let lines = fs::read_to_string(&journal).expect("a journal");
    assert!(lines.contains(&format!("\"event\":\"local_times\",\"run\":\"{run}\"")), "{lines}");
}
