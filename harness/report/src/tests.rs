//! Snapshots of each form of report, for a drill that passed, one that failed and one that is not supported.

use nightproof_drill::Outcome;
use nightproof_journal::{Event, Record, read};
use serde_json::{Value, json};

use crate::{Form, Mark, progress_line, report, summary};

/// The records of a drill with these events; each comes a millisecond after the one before.
fn journal(events: Vec<Value>) -> Vec<Record> {
    let lines = events.into_iter().enumerate().map(|(at, mut event)| {
        event["version"] = 1.into();
        event["sequence"] = at.into();
        event["at"] = (at * 1000).into();
        format!("{event}\n")
    });
    read(&lines.collect::<String>()).unwrap()
}

fn started() -> Value {
    json!({ "event": "drill_started", "run": "0a1b2c3d", "cloud": "embedded", "stack": "nightproof-0a1b2c3d" })
}

fn step(step: &str, outcome: &str, detail: &str) -> Value {
    json!({ "event": "step_finished", "step": step, "night": 1, "milliseconds": 1250.0, "outcome": outcome, "detail": detail })
}

fn outcome(members: Value) -> Value {
    let mut outcome = json!({
        "version": 2, "run": "0a1b2c3d", "stack": "nightproof-0a1b2c3d", "nights": [], "findings": [], "leftovers": [], "steps": [],
    });
    for (name, value) in members.as_object().unwrap() {
        outcome[name] = value.clone();
    }
    json!({ "event": "outcome", "outcome": outcome })
}

fn passed() -> Vec<Record> {
    let archive = json!({
        "instance": "i-0db1dc4f4bfdc9e69", "bucket": "backups", "key": "backups/i-0db1dc4f4bfdc9e69/2026-11-29T03-00-00Z.tar.gz",
        "bytes": 598067, "encryption": "aws:kms", "key_id": "arn:aws:kms:us-east-1:123456789012:key/k", "files": 288, "identical": true,
    });
    let notification =
        json!({ "night": 1, "topic": "BackupAlarms", "by": "BackupFailed", "what": "\"OK\"", "to": ["sqs queue: delivered"] });
    journal(vec![
        started(),
        json!({ "event": "resource", "logical_id": "BackupBucket", "kind": "AWS::S3::Bucket", "physical_id": "backups" }),
        step("deploy", "passed", "32 resources"),
        json!({ "event": "port", "instance": "i-0db1dc4f4bfdc9e69", "port": 443, "address": "127.0.0.1:41234" }),
        json!({ "event": "booted", "instance": "i-0db1dc4f4bfdc9e69", "first": false }),
        json!({ "event": "finding", "id": "open-port", "detail": "port 22 is open to everybody; close it" }),
        json!({ "event": "fault", "request_id": "r", "detail": "ssm:SendCommand was answered 500" }),
        json!({
            "event": "notification", "topic": "arn:aws:sns:us-east-1:123456789012:alarms", "by": "cloudwatch.amazonaws.com",
            "source": null, "what": "\"OK\"", "to": [],
        }),
        step("restore", "passed", "288 entries, all identical"),
        outcome(json!({
            "result": "passed", "nights": [{ "night": 1, "archives": [archive] }], "notifications": [notification],
            "recorded": ["`AWS::RDS::DBInstance` (Db)", "`KeyName` of `AWS::EC2::Instance` (Web)"],
            "findings": [{ "id": "open-port", "detail": "port 22 is open to everybody; close it" }],
        })),
    ])
}

fn failed() -> Vec<Record> {
    let reason = "the script on i-0fab24412c4677072 is Failed, exit code 1";
    let evidence = ["standard error of the script:\ndata path /var/www/html does not exist"];
    journal(vec![
        started(),
        step("deploy", "passed", "32 resources"),
        step("observe", "failed", &format!("script: {reason}")),
        outcome(json!({
            "result": "failed", "failure": { "hop": "script", "reason": reason, "evidence": evidence }, "leftovers": ["bucket backups"],
        })),
    ])
}

fn not_supported() -> Vec<Record> {
    let item = "operation `ec2:CreateSnapshot` (called by the function backup)";
    journal(vec![
        started(),
        step("deploy", "passed", "32 resources"),
        step("observe", "skipped", &format!("cannot be rehearsed here: {item} is not supported")),
        outcome(json!({
            "result": "not_supported", "not_supported": [item],
            "failure": { "hop": "function", "reason": "backup failed: NotImplemented", "evidence": [] },
        })),
    ])
}

fn last(records: &[Record]) -> Outcome {
    let Some(Record { event: Event::Outcome(document), .. }) = records.last() else { panic!("no outcome") };
    Outcome::from_event(document).unwrap()
}

/// What a terminal shows: the lines of the events, then the summary.
fn terminal(records: &[Record]) -> String {
    let lines = records.iter().filter_map(progress_line).map(|line| match line.mark {
        Mark::None => format!("{}\n", line.text),
        mark => format!("{} {}\n", mark.word().0, line.text),
    });
    format!("{}{}", lines.collect::<String>(), summary(&last(records)))
}

/// The page without its style and script, a line for each element.
fn page(records: &[Record]) -> String {
    let page = report(records, Form::Html).unwrap();
    let (_, main) = page.split_once("<body>").unwrap();
    let (main, _) = main.split_once("<script").unwrap();
    main.replace("><", ">\n<")
}

#[test]
fn a_terminal_shows_the_steps_and_the_summary() {
    insta::assert_snapshot!("terminal_passed", terminal(&passed()));
    insta::assert_snapshot!("terminal_failed", terminal(&failed()));
    insta::assert_snapshot!("terminal_not_supported", terminal(&not_supported()));
}

#[test]
fn junit_has_a_case_for_each_step_and_the_verdict() {
    insta::assert_snapshot!("junit_passed", report(&passed(), Form::Junit).unwrap());
    insta::assert_snapshot!("junit_failed", report(&failed(), Form::Junit).unwrap());
    insta::assert_snapshot!("junit_not_supported", report(&not_supported(), Form::Junit).unwrap());
}

#[test]
fn json_has_the_outcome() {
    let json = |records: &[Record]| serde_json::to_string_pretty(&last(records)).unwrap();
    insta::assert_snapshot!("json_passed", json(&passed()));
    insta::assert_snapshot!("json_failed", json(&failed()));
    insta::assert_snapshot!("json_not_supported", json(&not_supported()));
}

#[test]
fn a_page_has_the_chain_and_the_evidence() {
    insta::assert_snapshot!("page_passed", page(&passed()));
    insta::assert_snapshot!("page_failed", page(&failed()));
    insta::assert_snapshot!("page_not_supported", page(&not_supported()));
}

#[test]
fn a_journal_without_a_drill_has_no_junit() {
    assert_eq!(report(&[], Form::Junit), None);
}
