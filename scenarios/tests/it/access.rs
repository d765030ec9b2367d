//! `firedrill access`: what a drill used of its permissions, and which grants nobody needs.

use std::process::Command;

use firedrill_scenarios::Template;
use serde_json::Value;

/// Runs `firedrill access` on a template, and answers its exit code and the JSON documents it printed.
fn access(template: &Template, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, template.text()).expect("the template");
    let output = Command::new(env!("CARGO_BIN_EXE_firedrill-scenario"))
        .args(["access", "--format", "json", "--template"])
        .arg(&file)
        .args(arguments)
        .env("TMPDIR", folder.path())
        .output()
        .expect("a run");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

#[test]
fn used_and_unused_actions_are_told_by_statement_and_line() {
    let (code, printed) = access(&Template::default(), &[]);
    assert_eq!((code, printed.len()), (Some(0), 1), "{printed:#?}");
    let policies = printed[0]["policies"].as_array().expect("policies");
    let upload =
        policies.iter().find(|policy| policy["policy"].as_str().is_some_and(|name| name.contains("upload-backup"))).expect("it");
    let [archives, key] = upload["statements"].as_array().expect("statements").as_slice() else { panic!("{upload:#}") };
    assert_eq!((archives["sid"].as_str(), archives["never_used"].as_array().map(Vec::len)), (Some("UploadArchives"), Some(0)));
    assert!(archives["used"]["s3:PutObject"][0].as_str().is_some_and(|arn| arn.contains("/backups/i-")), "{archives:#}");
    // Only an upload in parts reads the key back.
    assert_eq!(key["never_used"], serde_json::json!(["kms:Decrypt"]));
    let line = archives["place"].as_str().and_then(|place| place.rsplit(':').next()?.parse::<usize>().ok()).expect("a line");
    let written = Template::default();
    assert!(written.text().lines().nth(line - 1).is_some_and(|line| line.contains("Sid: UploadArchives")), "line {line}");
    assert!(printed[0]["denied"].as_array().is_some_and(Vec::is_empty), "{:#}", printed[0]["denied"]);
}

#[test]
fn a_grant_that_nobody_needs_and_one_that_is_too_wide_are_found() {
    let needless = "          - Sid: Needless\n            Effect: Allow\n            Action: s3:AbortMultipartUpload\n            Resource: !Sub ${BackupBucket.Arn}/*\n";
    let template = Template::default()
        .inserting("          # Decrypt is what S3 needs", needless)
        .replacing("Resource: !Sub ${BackupBucket.Arn}/backups/*", "Resource: !Sub ${BackupBucket.Arn}/*");
    let (code, printed) = access(&template, &["--mutate"]);
    assert_eq!((code, printed.len()), (Some(1), 2), "{printed:#?}");
    let removed = printed[1]["removed"].as_array().expect("removed");
    let with = |verdict: &str| -> Vec<&str> {
        removed.iter().filter(|one| one["verdict"] == verdict).filter_map(|one| one["grant"].as_str()).collect()
    };
    let needless = with("needless");
    assert!(needless.len() == 1 && needless[0].starts_with("Needless of InstanceBackupPolicy"), "{removed:#?}");
    assert_eq!((with("needed").len(), with("not_exercised").len()), (12, 1), "{removed:#?}");
    let wide: Vec<&str> =
        printed[1]["too_wide"].as_array().into_iter().flatten().filter_map(|one| one["allowed"].as_str()).collect();
    assert!(wide.len() == 1 && wide[0].starts_with("another prefix: s3:PutObject"), "{wide:#?}");
    let loosened = printed[1]["loosened"].as_array().expect("loosened");
    let condition = loosened
        .iter()
        .find(|one| {
            one["restriction"]
                .as_str()
                .is_some_and(|what| what.starts_with("OnTaggedInstances") && what.ends_with("its condition"))
        })
        .expect("the tag condition");
    assert!(condition["holds_back"][0].as_str().is_some_and(|what| what.starts_with("an untagged instance")), "{condition:#}");
}

/// The shipped operator's policy with another statement at its end.
fn operators_policy_and(statement: Option<Value>) -> tempfile::NamedTempFile {
    let mut policy: Value = serde_json::from_str(include_str!("../../../stack/operator-policy.json")).expect("JSON");
    policy["Statement"].as_array_mut().expect("statements").extend(statement);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), policy.to_string()).expect("a file");
    file
}

#[test]
fn every_statement_of_the_shipped_operators_policy_is_needed_and_another_is_not() {
    let needless = serde_json::json!({ "Sid": "Needless", "Effect": "Allow", "Action": "ec2:RebootInstances", "Resource": "*" });
    for (more, code, needless) in [(None, 0, vec![]), (Some(needless), 1, vec!["Needless of the operator's policy"])] {
        let policy = operators_policy_and(more);
        let file = policy.path().display().to_string();
        let (ended, printed) = access(&Template::default(), &["--mutate", "--operator-policy", &file]);
        assert_eq!((ended, printed.len()), (Some(code), 2), "{printed:#?}");
        let removed = printed[1]["removed"].as_array().expect("removed");
        let others = removed.iter().filter(|one| one["verdict"] != "needed").filter_map(|one| one["grant"].as_str());
        assert_eq!(others.collect::<Vec<_>>(), needless, "{removed:#?}");
        assert!(removed.len() > 20 && removed.iter().all(|one| one["verdict"] != "needed" || one["broke"].is_string()));
    }
}
