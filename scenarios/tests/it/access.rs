//! `nightproof access`: what a drill used of its permissions, and which grants nobody needs.

use std::process::Command;

use nightproof_scenarios::Template;
use serde_json::Value;

/// Runs `nightproof access` on a template, and answers its exit code and the JSON documents it printed.
fn access(template: &Template, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, template.text()).expect("the template");
    let output = Command::new(env!("CARGO_BIN_EXE_nightproof-scenario"))
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
    let of_queue = "          - Sid: FromTopics\n            Effect: Allow\n            Principal:\n              Service: sns.amazonaws.com\n            Action: sqs:SendMessage\n            Resource: !GetAtt DeadLetterQueue.Arn\n";
    let template = Template::default()
        .inserting("          # Decrypt is what S3 needs", needless)
        .replacing("Resource: !Sub ${BackupBucket.Arn}/backups/*", "Resource: !Sub ${BackupBucket.Arn}/*")
        .inserting("          - Sid: UndeliveredEvents", of_queue)
        .replacing(
            "              ArnEquals:\n                aws:SourceArn: !GetAtt BackupRule.Arn",
            "              StringEquals:\n                aws:SourceAccount: !Ref AWS::AccountId",
        );
    let (code, printed) =
        access(&template, &["--mutate", "--grant", "Needless", "--grant", "FromTopics", "--grant", "UploadArchives"]);
    assert_eq!((code, printed.len()), (Some(1), 2), "{printed:#?}");
    let removed = printed[1]["removed"].as_array().expect("removed");
    let with = |verdict: &str| -> Vec<&str> {
        removed.iter().filter(|one| one["verdict"] == verdict).filter_map(|one| one["grant"].as_str()).collect()
    };
    // Which policy comes into force first differs.
    let mut needless = with("needless");
    needless.sort_unstable();
    let [of_queue, of_instance] = needless[..] else { panic!("{removed:#?}") };
    assert!(of_instance.starts_with("Needless of InstanceBackupPolicy"), "{of_instance}");
    assert!(of_queue.starts_with("FromTopics of DeadLetterQueuePolicy"), "{of_queue}");
    assert_eq!((with("needed").len(), with("not_exercised").len()), (1, 0), "{removed:#?}");
    let wide = printed[1]["too_wide"].as_array().expect("too wide");
    let starts = |one: &Value, who: &str, what: &str| {
        one[who].is_string() && one["allowed"].as_str().is_some_and(|is| is.starts_with(what))
    };
    assert!(
        wide.len() == 2
            && starts(&wide[0], "role", "another prefix: s3:PutObject")
            && starts(&wide[1], "service", "another rule's event: sqs:SendMessage"),
        "{wide:#?}"
    );
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

#[test]
fn every_grant_of_the_bundled_stack_is_tried_and_needed() {
    let (code, printed) = access(&Template::default(), &["--mutate"]);
    assert_eq!((code, printed.len()), (Some(0), 2), "{printed:#?}");
    let removed = printed[1]["removed"].as_array().expect("removed");
    assert!(removed.len() == 15 && removed.iter().all(|one| one["verdict"] == "needed"), "{removed:#?}");
    for (grant, broke) in [
        ("UndeliveredEvents of DeadLetterQueuePolicy", "dead-letter: "),
        (
            "RulesTell of BackupAlarmsPolicy",
            "findings: notice-refused: topic BackupAlarms was told nothing by events.amazonaws.com",
        ),
        ("AlarmsTell of BackupAlarmsPolicy", "findings: notice-refused: topic BackupAlarms was told nothing by cloudwatch."),
    ] {
        let of_it = |one: &&Value| one["grant"].as_str().is_some_and(|found| found.starts_with(grant));
        let found = removed.iter().find(of_it).expect("the grant");
        assert!(found["broke"].as_str().is_some_and(|found| found.starts_with(broke)), "{found:#}");
    }
    assert!(printed[1]["too_wide"].as_array().is_some_and(Vec::is_empty), "{:#}", printed[1]["too_wide"]);
    assert!(printed[1]["lost"].as_array().is_some_and(Vec::is_empty), "{:#}", printed[1]["lost"]);
    for (statement, held_back) in [
        ("UndeliveredEvents", "another rule's event: sqs:SendMessage"),
        ("UndeliveredEvents", "an event of another account: sqs:SendMessage"),
        ("AccessLogDelivery", "for another resource: s3:PutObject"),
        ("AlarmsTell", "for another resource: sns:Publish"),
        ("AlarmsTell", "for another account: sns:Publish"),
    ] {
        let without = |one: &&Value| {
            one["restriction"].as_str().is_some_and(|what| what.starts_with(statement) && what.ends_with("its condition"))
        };
        let loosened = printed[1]["loosened"].as_array().expect("loosened").iter().find(without).expect("its condition");
        let all = loosened["holds_back"].as_array().into_iter().flatten();
        assert!(all.filter_map(Value::as_str).any(|what| what.starts_with(held_back)), "{held_back}: {loosened:#}");
    }
}

#[test]
fn a_dead_letter_grant_for_the_wrong_rule_loses_the_event_and_is_needless() {
    let template =
        Template::default().replacing("aws:SourceArn: !GetAtt BackupRule.Arn", "aws:SourceArn: !GetAtt BackupFunction.Arn");
    let (code, printed) = access(&template, &["--mutate", "--grant", "UndeliveredEvents"]);
    assert_eq!((code, printed.len()), (Some(1), 2), "{printed:#?}");
    let lost = printed[1]["lost"][0].as_str().expect("a loss");
    assert!(
        lost.starts_with("an event that cannot be delivered; dead-letter: ")
            && lost.contains("nearest: statement UndeliveredEvents")
            && lost.contains("ArnEquals"),
        "{lost}"
    );
    let removed = printed[1]["removed"].as_array().expect("removed");
    let others = removed.iter().filter(|one| one["verdict"] != "needed").filter_map(|one| one["grant"].as_str());
    let [one] = others.collect::<Vec<_>>()[..] else { panic!("{removed:#?}") };
    assert!(one.starts_with("UndeliveredEvents of DeadLetterQueuePolicy"), "{one}");
}

#[test]
fn a_topic_that_lets_in_one_rule_alone_is_told_nothing_of_a_script_that_failed() {
    let condition = "            Resource: !Ref BackupAlarms\n            Condition:\n              ArnLike:\n                aws:SourceArn: !Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*\n          - Sid: AlarmsTell\n";
    let template =
        Template::default().replacing("            Resource: !Ref BackupAlarms\n          - Sid: AlarmsTell\n", condition);
    let (code, printed) = access(&template, &["--mutate", "--grant", "RulesTell", "--grant", "AlarmsTell"]);
    assert_eq!((code, printed.len()), (Some(1), 2), "{printed:#?}");
    let lost: Vec<&str> = printed[1]["lost"].as_array().expect("losses").iter().filter_map(Value::as_str).collect();
    let [lost] = lost[..] else { panic!("{lost:#?}") };
    assert!(
        lost.starts_with("word of a script that failed; findings: notice-refused: topic BackupAlarms")
            && lost.contains("without a Condition"),
        "{lost}"
    );
    let removed = printed[1]["removed"].as_array().expect("removed");
    let others = removed.iter().filter(|one| one["verdict"] != "needed").filter_map(|one| one["grant"].as_str());
    let [one] = others.collect::<Vec<_>>()[..] else { panic!("{removed:#?}") };
    assert!(one.starts_with("RulesTell of BackupAlarmsPolicy"), "{one}");
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
fn every_statement_of_the_shipped_operators_policy_is_needed() {
    let policy = operators_policy_and(None);
    let file = policy.path().display().to_string();
    let (ended, printed) = access(&Template::default(), &["--mutate", "--operator-policy", &file]);
    assert_eq!((ended, printed.len()), (Some(0), 2), "{printed:#?}");
    let removed = printed[1]["removed"].as_array().expect("removed");
    assert!(
        removed.len() > 20 && removed.iter().all(|one| one["verdict"] == "needed" && one["broke"].is_string()),
        "{removed:#?}"
    );
}

#[test]
fn a_statement_of_an_operators_policy_that_nobody_needs_is_found() {
    let needless = serde_json::json!({ "Sid": "Needless", "Effect": "Allow", "Action": "ec2:RebootInstances", "Resource": "*" });
    let policy = operators_policy_and(Some(needless));
    let file = policy.path().display().to_string();
    let (ended, printed) = access(&Template::default(), &["--mutate", "--grant", "Needless", "--operator-policy", &file]);
    assert_eq!((ended, printed.len()), (Some(1), 2), "{printed:#?}");
    let removed = printed[1]["removed"].as_array().expect("removed");
    let [one] = removed.as_slice() else { panic!("{removed:#?}") };
    assert_eq!((one["grant"].as_str(), one["verdict"].as_str()), (Some("Needless of the operator's policy"), Some("needless")));
}

#[test]
fn a_grant_that_is_not_there_is_refused_with_those_that_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_nightproof-scenario"))
        .args(["access", "--mutate", "--grant", "NoSuchGrant", "--operator-policy"])
        .arg(operators_policy_and(None).path())
        .env("TMPDIR", folder.path())
        .output()
        .expect("a run");
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no grant's name begins with `NoSuchGrant`") && said.contains("of the operator's policy"), "{said}");
}
