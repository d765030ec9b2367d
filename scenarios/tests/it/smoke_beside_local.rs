//! A drill on an account beside the same drill on a local region.

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

use nightproof_journal::{ApiCall, Event, REDACTED, Record};
use nightproof_scenarios::Up;
use serde_json::Value;

use crate::command::said;
use crate::smoke::{ACCOUNT, account, nightproof, with_faults};

/// A file of the account's home, as an argument.
fn at_home(up: &Up, name: &str) -> String {
    up.home().join(name).display().to_string()
}

/// A drill on the account, by an invocation.
fn smoke(up: &Up, more: &[&str]) -> Output {
    let ended = nightproof(up, &[&["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke"], more].concat());
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

    let passed = nightproof(&up, &["run", "--format", "json"]);
    assert_eq!(passed.status.code(), Some(0), "{}", said(&passed));
    let run = said(&passed).split_once("\"run\":\"").map(|(_, rest)| rest[..8].to_owned()).expect("its id");
    // One that does not pass is not kept.
    let failed = nightproof(&up, &["run", "--rule", "Nonesuch"]);
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));

    let beside = smoke(&up, &["--journal", &journal]);
    assert!(said(&beside).contains(&format!("local drill {run}")), "{}", said(&beside));
    let line = said(&beside).lines().find(|line| line.starts_with("deploy ")).map(str::to_owned).expect("a line");
    assert_eq!(line.matches(" s").count(), 2, "{line}");
    // What is made of the journal later has them too.
    let told = nightproof(&up, &["report", &journal, "--output", &report]);
    assert_eq!(told.status.code(), Some(0), "{}", said(&told));
    let xml = fs::read_to_string(&report).expect("a report");
    assert!(xml.matches("<property name=\"local-seconds\"").count() > 5, "{xml}");
    let lines = fs::read_to_string(&journal).expect("a journal");
    assert!(lines.contains(&format!("\"event\":\"local_times\",\"run\":\"{run}\"")), "{lines}");
}

#[test]
fn the_operators_calls_are_compared_with_a_local_drills_and_a_planted_difference_is_found() {
    let fault = "- when: {service: ssm, operation: SendCommand}\n  occurrence: {nth: 1}\n  then: {error: {code: ThrottlingException, message: Rate exceeded}}\n";
    let throttled = with_faults(fault);
    let up = account();
    let [local, same, other] = ["local", "same", "other"].map(|name| at_home(&up, name));
    let ended = nightproof(&up, &["run", "--journal", &local]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    smoke(&up, &["--journal", &same]);
    smoke(&throttled, &["--journal", &other]);

    let compared = nightproof(&up, &["compare", &local, &same]);
    assert_eq!(compared.status.code(), Some(0), "{}", said(&compared));
    for text in ["only the operator's calls are known", "the two are the same"] {
        assert!(said(&compared).contains(text), "{}", said(&compared));
    }
    let differ = nightproof(&up, &["compare", &local, &other]);
    assert_eq!(differ.status.code(), Some(1), "{}", said(&differ));
    let lines: Vec<String> = String::from_utf8_lossy(&differ.stdout).lines().map(str::to_owned).collect();
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    assert!(line.starts_with("+ call") && line.contains("operator ssm:SendCommand("), "{line}");
    assert!(line.ends_with("-> ThrottlingException: Rate exceeded"), "{line}");
    let records = nightproof_journal::read(&fs::read_to_string(&same).expect("a journal")).expect("records");
    let call = |record: Record| if let Event::ApiCall(call) = record.event { Some(*call) } else { None };
    assert_records_are_whole(&records.into_iter().filter_map(call).collect::<Vec<_>>());
}

/// The calls are in CloudTrail's form, each with the id that the region gave it, and hold no secret.
fn assert_records_are_whole(calls: &[ApiCall]) {
    let ids: BTreeSet<&str> = calls.iter().map(|call| call.request_id.as_str()).collect();
    assert!(ids.len() == calls.len() && !ids.contains(""), "{ids:?}");
    let text = |document: &Value, name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let has = |name: &str, what: &dyn Fn(&ApiCall) -> bool| {
        let named: Vec<&ApiCall> = calls.iter().filter(|call| call.event_name == name).collect();
        assert!(named.iter().any(|call| what(call)), "{name}: {named:?}");
    };
    has("CreateChangeSet", &|call| {
        (call.event_source.as_str(), call.read_only) == ("cloudformation.amazonaws.com", false)
            && text(&call.request_parameters, "TemplateBody") == REDACTED
            && text(&call.response_elements, "StackId").contains(":stack/nightproof-")
    });
    has("PutObject", &|call| text(&call.request_parameters, "Bucket").starts_with("nightproof-seed-"));
    has("SendCommand", &|call| {
        let who = call.user_identity.arn.as_deref().unwrap_or_default();
        text(&call.request_parameters, "Parameters") == REDACTED && who.starts_with("arn:aws:iam::123456789012:user/")
    });
}
