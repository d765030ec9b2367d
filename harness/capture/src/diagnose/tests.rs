use std::collections::BTreeMap;

use nightproof_drill::Hop;
use nightproof_drill::capture::{
    Evidence, FunctionState, Invocation, LogLine, ManagedInstance, RuleState, SentCommand, StackResource, StoredObject, Target,
};
use serde_json::json;

use super::*;

const ROLE: &str = "arn:aws:iam::1:role/backup-BackupFunctionRole-x";

/// The bundled stack's night, with this in the function's log.
fn night(log: &[&str]) -> Evidence {
    let arn = "arn:aws:lambda:us-east-1:1:function:f";
    let function = FunctionState {
        logical_id: "BackupFunction".to_owned(),
        arn: arn.to_owned(),
        role: ROLE.to_owned(),
        policy: Some("events.amazonaws.com".to_owned()),
        environment: BTreeMap::from([("DATA_PATH".to_owned(), "/srv/data".to_owned())]),
        log: log.iter().map(|line| LogLine { message: (*line).to_owned(), ..LogLine::default() }).collect(),
        ..FunctionState::default()
    };
    let rule = RuleState {
        logical_id: "BackupRule".to_owned(),
        state: "ENABLED".to_owned(),
        schedule: "cron(0 3 * * ? *)".to_owned(),
        targets: vec![Target { arn: arn.to_owned(), ..Target::default() }],
        ..RuleState::default()
    };
    let resource = |logical: &str, physical: &str, kind: &str| StackResource {
        logical_id: logical.to_owned(),
        physical_id: physical.to_owned(),
        kind: kind.to_owned(),
    };
    Evidence {
        template: crate::BUNDLED.to_owned(),
        rules: vec![rule],
        functions: vec![function],
        resources: vec![
            resource("BackupFunctionRole", "backup-BackupFunctionRole-x", "AWS::IAM::Role"),
            resource("RuleMayInvoke", "p", "AWS::Lambda::Permission"),
            resource("BackupKey", "1234-5678", "AWS::KMS::Key"),
        ],
        instances: vec![ManagedInstance {
            logical_id: "Web".to_owned(),
            id: "i-1".to_owned(),
            ping: "Online".to_owned(),
            ..ManagedInstance::default()
        }],
        ..Evidence::default()
    }
}

const RAN: &[&str] = &["START RequestId: 1", "END RequestId: 1", "REPORT RequestId: 1"];

fn with_command(status: &str, details: &str, exit_code: i32, stderr: &str) -> Evidence {
    let invocation = Invocation {
        instance: "i-1".to_owned(),
        status: status.to_owned(),
        details: details.to_owned(),
        exit_code,
        stderr: stderr.to_owned(),
        ..Invocation::default()
    };
    let parameters = BTreeMap::from([("executionTimeout".to_owned(), vec!["3600".to_owned()])]);
    let command = SentCommand { targets: 1, parameters, invocations: vec![invocation], ..SentCommand::default() };
    Evidence { commands: vec![command], ..night(RAN) }
}

#[test]
fn a_night_without_fault_has_no_diagnosis() {
    let object = StoredObject { fresh: true, ..StoredObject::default() };
    let evidence = Evidence { objects: vec![object], ..with_command("Success", "Success", 0, "") };
    assert_eq!(diagnose(&evidence), None);
    assert_eq!(diagnose(&Evidence { rules: Vec::new(), ..evidence }), None);
}

#[test]
fn a_rule_that_is_disabled_now_is_not_blamed_for_a_night_in_which_it_fired() {
    let mut evidence = with_command("Failed", "Failed", 1, "the end");
    evidence.rules[0].state = "DISABLED".to_owned();
    assert_eq!(diagnose(&evidence).unwrap().hop, Hop::Script);
    evidence.commands.clear();
    evidence.functions[0].log.clear();
    assert_eq!(diagnose(&evidence).unwrap().hop, Hop::Rule);
}

#[test]
fn what_could_not_be_read_is_not_blamed() {
    let mut evidence = night(&[]);
    evidence.functions[0].policy = None;
    assert_eq!(diagnose(&evidence).unwrap().hop, Hop::Rule);
    evidence.refused.push("GetPolicy: AccessDeniedException: no".to_owned());
    assert_eq!(diagnose(&evidence), None);
    evidence.rules[0].targets.clear();
    assert!(diagnose(&evidence).unwrap().reason.contains("has no target"));
    evidence.refused.push("ListTargetsByRule: AccessDeniedException: no".to_owned());
    assert_eq!(diagnose(&evidence), None);
}

#[test]
fn a_denial_is_a_fault_of_the_functions_sessions_alone() {
    let line = "[ERROR] ClientError: An error occurred (AccessDeniedException) when calling the SendCommand operation: no";
    let found = diagnose(&night(&["START RequestId: 1", line, "REPORT RequestId: 1"])).unwrap();
    assert_eq!((found.hop, found.code.as_deref()), (Hop::Function, Some("AccessDeniedException")));
    assert_eq!(found.recipe.faults[0]["when"]["principal"], "*:assumed-role/*BackupFunctionRole*");
    assert!(found.recipe.remark.unwrap().contains("Should the template itself lack the permission"));
}

#[test]
fn an_error_that_the_handler_swallows_breaks_the_chain_at_the_command() {
    let line = "failed: An error occurred (ThrottlingException) when calling the SendCommand operation: Rate exceeded";
    let found = diagnose(&night(&["START RequestId: 1", line, "REPORT RequestId: 1"])).unwrap();
    assert_eq!(found.hop, Hop::Command);
    assert_eq!(found.says, ["sent no command", "ThrottlingException"]);
}

#[test]
fn a_time_out_is_a_delay_of_what_may_have_been_waited_for() {
    let late = ["START RequestId: 1", "2026 1 Task timed out after 3.00 seconds"];
    let before = diagnose(&night(&late)).unwrap();
    assert_eq!(before.recipe.faults[0]["then"], json!({ "delay": 5.0 }));
    assert_eq!(before.recipe.faults[0]["occurrence"], "always");
    let after = diagnose(&Evidence { functions: night(&late).functions, ..with_command("Success", "Success", 0, "") }).unwrap();
    assert_eq!(after.recipe.faults[0]["occurrence"], json!({ "after": 1 }));
}

#[test]
fn an_error_of_the_upload_is_a_fault_of_instances_and_a_disabled_key_is_disabled_again() {
    let said = |code: &str, message: &str| {
        format!("upload failed: An error occurred ({code}) when calling the PutObject operation: {message}")
    };
    let found = diagnose(&with_command("Failed", "Failed", 1, &said("SlowDown", "Please reduce your request rate."))).unwrap();
    assert_eq!(found.recipe.faults[0]["when"], json!({ "service": "s3", "operation": "PutObject", "principal": "*/i-*" }));
    assert_eq!(found.recipe.faults[0]["then"]["error"]["status"], 503);
    let disabled = said("KMS.DisabledException", "arn:aws:kms:us-east-1:1:key/1234-5678 is disabled.");
    let found = diagnose(&with_command("Failed", "Failed", 1, &disabled)).unwrap();
    assert_eq!(
        found.recipe.before,
        [json!({ "call": { "service": "kms", "operation": "DisableKey", "input": { "KeyId": "${BackupKey}" } } })]
    );
    let others = said("KMS.DisabledException", "arn:aws:kms:us-east-1:1:key/9 is disabled.");
    assert!(diagnose(&with_command("Failed", "Failed", 1, &others)).unwrap().recipe.before.is_empty());
}

#[test]
fn a_folder_that_is_gone_is_moved_away() {
    let found = diagnose(&with_command("Failed", "Failed", 2, "tar: /srv/data: Cannot open: No such file or directory")).unwrap();
    assert_eq!(found.recipe.before, [json!({ "script": "mv '/srv/data' '/srv/data-moved'" })]);
    assert_eq!(found.says, ["exit code 2", "/srv/data: Cannot open: No such file or directory"]);
}

#[test]
fn a_program_that_failed_or_is_missing_gets_a_stand_in() {
    let full = diagnose(&with_command("Failed", "Failed", 2, "noise\ntar: x: Cannot write: No space left on device")).unwrap();
    assert_eq!(full.recipe.replace[0].0, "set -euo pipefail");
    assert!(
        full.recipe.replace[0]
            .1
            .ends_with("\n          tar() { echo 'tar: x: Cannot write: No space left on device' >&2; return 2; }")
    );
    let missing = diagnose(&with_command("Failed", "Failed", 127, "/x/script.sh: line 9: gzip: command not found")).unwrap();
    assert!(missing.recipe.replace[0].1.ends_with("gzip() { echo 'gzip: command not found' >&2; return 127; }"));
    // What the template's script does not call is in a script elsewhere: nothing stands in for it.
    let elsewhere = diagnose(&with_command("Failed", "Failed", 127, "script.sh: line 9: zstd: command not found")).unwrap();
    assert!(elsewhere.recipe.is_empty() && elsewhere.says == ["exit code 127"]);
}

#[test]
fn quotes_of_a_message_do_not_reach_the_template() {
    let found = diagnose(&with_command("Failed", "Failed", 2, "tar: './it''s $(rm -rf /) \"x\"': Cannot stat")).unwrap();
    let new = &found.recipe.replace[0].1;
    assert_eq!(new.matches('\'').count(), 2, "{new}");
    assert!(!new.contains('$') && !new.contains('"'), "{new}");
}

#[test]
fn a_script_that_took_too_long_gets_less_time() {
    let found = diagnose(&with_command("TimedOut", "Execution Timed Out", -1, "")).unwrap();
    assert_eq!(found.recipe.replace, [("executionTimeout\": [\"3600".to_owned(), "executionTimeout\": [\"5".to_owned())]);
    assert_eq!((found.hop, found.says.as_slice()), (Hop::Script, ["TimedOut".to_owned()].as_slice()));
}

#[test]
fn an_instance_that_was_stopped_a_moment_ago_still_seems_to_listen() {
    let command =
        SentCommand { wanted: BTreeMap::from([("tag:Backup".to_owned(), vec!["Enabled".to_owned()])]), ..SentCommand::default() };
    let mut evidence = Evidence { commands: vec![command], ..night(RAN) };
    let operation = |evidence: &Evidence| diagnose(evidence).unwrap().recipe.before[0]["call"]["operation"].clone();
    assert_eq!(operation(&evidence), "DeleteTags");
    let event = |name: &str, instance: &str| json!({ "eventName": name, "requestParameters": { "instancesSet": { "items": [{ "instanceId": instance }] } } });
    evidence.history = vec![event("StopInstances", "i-2")];
    assert_eq!(operation(&evidence), "DeleteTags");
    evidence.history = vec![event("StopInstances", "i-1")];
    assert_eq!(operation(&evidence), "StopInstances");
    evidence.history.push(event("StartInstances", "i-1"));
    assert_eq!(operation(&evidence), "DeleteTags");
}

#[test]
fn a_success_without_an_archive_is_told_though_nothing_reproduces_it() {
    let found = diagnose(&with_command("Success", "Success", 0, "")).unwrap();
    assert!(found.hop == Hop::Object && found.recipe.is_empty() && found.uploads == Some(0));
}

#[test]
fn a_failure_without_a_message_still_leaves_a_text_to_look_for() {
    let found = diagnose(&night(&["START RequestId: 1", "[ERROR] ", "REPORT RequestId: 1"])).unwrap();
    assert_eq!((found.hop, found.says.as_slice()), (Hop::Function, ["failed".to_owned()].as_slice()));
    let draft = crate::draft::draft(&night(RAN), &found, "template.yaml", "a night");
    assert!(nightproof_incident::Incident::parse(&draft).is_ok(), "{draft}");
}

#[test]
fn counts_are_left_out_of_a_window_with_several_invocations() {
    let evidence = Evidence { functions: night(&[RAN, RAN].concat()).functions, ..with_command("Failed", "Failed", 1, "") };
    let found = diagnose(&evidence).unwrap();
    assert_eq!((found.commands, found.uploads), (None, None));
}

#[test]
fn an_exception_is_told_in_the_words_of_a_drill() {
    let found =
        diagnose(&night(&["START RequestId: 1", "[ERROR] KeyError: 'TAG_KEY'\nTraceback", "REPORT RequestId: 1"])).unwrap();
    assert_eq!((found.hop, found.says.as_slice()), (Hop::Function, ["KeyError: 'TAG_KEY'".to_owned()].as_slice()));
    assert!(found.recipe.is_empty());
}

#[test]
fn a_command_that_was_not_delivered_breaks_the_chain_at_the_instance() {
    for details in ["Delivery Timed Out", "DeliveryTimedOut", "Undeliverable", "Terminated"] {
        let found = diagnose(&with_command("TimedOut", details, -1, "")).unwrap();
        assert!(found.hop == Hop::Instance && found.recipe.is_empty(), "{found:?}");
    }
    // What still runs has not failed.
    assert_eq!(diagnose(&with_command("InProgress", "InProgress", -1, "")), None);
}

#[test]
fn of_several_rules_with_a_schedule_the_one_with_a_function_of_the_stack_counts() {
    let mut evidence = night(&[]);
    let other = RuleState { logical_id: "Report".to_owned(), state: "DISABLED".to_owned(), ..evidence.rules[0].clone() };
    evidence.rules[0].state = "DISABLED".to_owned();
    evidence.rules.insert(0, RuleState { targets: Vec::new(), ..other });
    evidence.functions.push(FunctionState {
        logical_id: "Report".to_owned(),
        arn: "other".to_owned(),
        ..FunctionState::default()
    });
    assert!(diagnose(&evidence).unwrap().reason.contains("BackupRule"));
}
