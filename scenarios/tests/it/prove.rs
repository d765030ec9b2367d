//! `nightproof prove`: what goes wrong on purpose is noticed.

use std::collections::BTreeMap;
use std::path::Path;

use nightproof_scenarios::Template;
use rstest::rstest;
use serde_json::Value;

use crate::command::{nightproof, said};

/// Its exit code, what it said, and its controls by their names.
fn prove(template: Option<&Path>, arguments: &[&str]) -> (Option<i32>, String, BTreeMap<String, Value>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut all = vec!["prove", "--format", "json"];
    let file = template.map(|file| file.display().to_string());
    all.extend(file.iter().flat_map(|file| ["--template", file.as_str()]));
    all.extend(arguments);
    let output = nightproof(folder.path(), &all);
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let proof = lines.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()).unwrap_or_default();
    let controls = proof["controls"].as_array().into_iter().flatten();
    let named = controls.map(|control| (control["id"].as_str().unwrap_or_default().to_owned(), control.clone()));
    (output.status.code(), said(&output), named.collect())
}

/// As [`prove`], of a template that is no file yet.
fn of(template: &Template, arguments: &[&str]) -> (Option<i32>, String, BTreeMap<String, Value>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, template.text()).expect("the template");
    prove(Some(&file), arguments)
}

#[test]
fn the_drill_of_the_bundled_stack_notices_every_control() {
    let (code, said, controls) = prove(None, &[]);
    assert_eq!(code, Some(0), "{said}");
    let seen = |id: &str| {
        let control = &controls[id];
        let at = control["at"].as_str().unwrap_or_default().to_owned();
        let notified = control["notified"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let by: Vec<String> = notified.filter_map(|one| Some(one.rsplit_once(" by ")?.1.to_owned())).collect();
        (at, by.join(","))
    };
    for (id, at, by) in [
        ("archive-missing", "at object", ""),
        ("archive-empty", "at object", ""),
        ("archive-truncated", "at restore", ""),
        ("byte-changed", "at restore", ""),
        ("file-missing", "at restore", ""),
        ("yesterdays-archive", "at restore", ""),
        ("other-machines-archive", "at restore", ""),
        ("unencrypted", "by finding other-encryption", ""),
        ("wrong-key", "by finding other-key", ""),
        ("trigger-disabled", "at rule", "BackupMissing"),
        ("command-throttled", "at function", "BackupNotSent"),
        ("instance-stopped", "at command", "BackupNotSent"),
        ("agent-stopped", "at instance", "BackupFailed"),
        ("instance-offline", "at instance", "BackupFailed"),
        ("clock-wrong", "at instance", "BackupFailed"),
        ("data-gone", "at script", "BackupFailed"),
        ("disk-full", "at script", "BackupFailed"),
        ("key-disabled", "at script", "BackupFailed"),
        ("upload-denied", "at script", "BackupFailed"),
        ("upload-throttled", "at script", "BackupFailed"),
    ] {
        assert_eq!(seen(id), (at.to_owned(), by.to_owned()), "{id}: {said}");
    }
    assert_eq!(controls.len(), 20, "{said}");
}

#[test]
fn where_nobody_is_notified_nobody_is_named() {
    let template = Template::default().cutting("  BackupFailed:\n", "  # The function itself failed");
    let (code, said, controls) = of(&template, &["--only", "data-gone"]);
    assert_eq!((code, controls["data-gone"]["notified"].as_array().map(Vec::len)), (Some(0), Some(0)), "{said}");
}

/// The drill compares an archive's key with the bucket's default alone: where that names none, it has nothing to compare with.
#[test]
fn a_control_that_the_drill_misses_is_no_proof() {
    let template = Template::default().replacing(
        "          - BucketKeyEnabled: true\n            ServerSideEncryptionByDefault:\n              SSEAlgorithm: aws:kms\n              KMSMasterKeyID: !GetAtt BackupKey.Arn",
        "          - ServerSideEncryptionByDefault:\n              SSEAlgorithm: aws:kms",
    );
    let (code, said, controls) = of(&template, &["--only", "file-missing", "--only", "unencrypted", "--only", "wrong-key"]);
    let verdicts: Vec<&Value> = controls.values().map(|control| &control["verdict"]).collect();
    assert_eq!(verdicts, ["noticed", "noticed", "unnoticed"], "{said}");
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn nothing_is_proven_of_a_backup_that_fails() {
    let template = Template::default().replacing("gzip -t \"$archive\"", "truncate -s -1000 \"$archive\"");
    let (code, said, controls) = of(&template, &[]);
    assert_eq!((code, controls.len()), (Some(1), 0), "{said}");
    assert!(said.contains("nothing is proven"), "{said}");
}

#[test]
fn a_control_that_there_is_not_is_refused_with_those_that_there_are() {
    let (code, said, _) = prove(None, &["--only", "archive-eaten"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no control `archive-eaten`") && said.contains("archive-missing, archive-empty"), "{said}");
}

#[rstest]
#[case::association("association-to-script")]
#[case::window("window-to-run-command")]
#[case::schedule("schedule-to-run-command")]
#[case::rule("rule-to-run-command")]
fn every_trigger_can_be_disabled(#[case] shape: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("shapes/{shape}.yaml"));
    let (code, said, controls) = prove(Some(&file), &["--only", "trigger-disabled", "--only", "command-throttled"]);
    assert_eq!((code, controls["trigger-disabled"]["verdict"].as_str()), (Some(0), Some("noticed")), "{said}");
    assert_eq!(controls["command-throttled"]["verdict"], "not_applicable", "{said}");
}
