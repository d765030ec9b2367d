//! What holds for each template of `shapes/`, whatever starts its backup.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nightproof_drill::Outcome;
use nightproof_scenarios::Up;
use rstest::rstest;
use serde_json::Value;

use crate::command::{PROGRAM, said};
use crate::smoke::{ACCOUNT, nightproof};

/// The last JSON line of an output.
fn last_line(text: &[u8]) -> Value {
    let text = String::from_utf8_lossy(text);
    text.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

/// The names of the grants on the way from the trigger to the command: those of roles, functions and topics. The role of instances and the policy of the log bucket are
/// the same in all shapes.
fn grants(template: &str) -> Vec<String> {
    let whole = nightproof_template::to_json(template).expect("a template");
    let mut found = Vec::new();
    for (id, resource) in whole["Resources"].as_object().expect("resources") {
        let properties = &resource["Properties"];
        let count = |statements: &Value| statements.as_array().map_or(0, Vec::len);
        let (statements, managed) = match resource["Type"].as_str().expect("a type") {
            "AWS::IAM::Role" if id != "ServerRole" => {
                let inline = properties["Policies"].as_array().into_iter().flatten();
                let most = inline.map(|policy| count(&policy["PolicyDocument"]["Statement"])).max();
                (most.unwrap_or(1), count(&properties["ManagedPolicyArns"]))
            }
            "AWS::SNS::TopicPolicy" => (count(&properties["PolicyDocument"]["Statement"]), 0),
            "AWS::Lambda::Permission" => {
                found.push(format!("{id} (AWS::Lambda::Permission)"));
                continue;
            }
            _ => continue,
        };
        found.extend((1..=statements).map(|number| format!("statement {number} of {id} ")));
        found.extend((1..=managed).map(|number| format!("managed policy {number} of {id}")));
    }
    found
}

/// Every shape, which takes minutes of processor time: the nightly workflow does it.
#[rstest]
#[ignore = "takes minutes; the nightly workflow runs it"]
fn no_grant_on_the_way_to_the_command_is_needless(#[files("shapes/*.yaml")] shape: PathBuf) {
    assert_no_grant_is_needless(&shape);
}

/// Those of the ways that differ most.
#[rstest]
fn no_grant_of_some_shapes_is_needless(
    #[values("object-to-function", "schedule-to-run-command", "window-to-state-machine")] shape: &str,
) {
    assert_no_grant_is_needless(&Path::new("shapes").join(shape).with_extension("yaml"));
}

/// What is the same in all of them is tried in one.
#[track_caller]
fn assert_no_grant_is_needless(shape: &Path) {
    let text = fs::read_to_string(shape).expect("a template");
    let folder = tempfile::tempdir().expect("a folder");
    let mut access = Command::new(PROGRAM);
    access.args(["access", "--mutate", "--format", "json", "--template"]).arg(shape).env("TMPDIR", folder.path());
    let grants = grants(&text);
    if !shape.ends_with("rule-to-run-command.yaml") {
        for grant in &grants {
            access.args(["--grant", grant]);
        }
    }
    let output = access.stdin(Stdio::null()).output().expect("a run");
    // Unless this host's Node.js is the runtime's, no strict drill passes, and nothing is tried.
    if shape.ends_with("rule-to-node-function.yaml") && said(&output).contains("other-runtime") {
        return;
    }
    let found = last_line(&output.stdout);
    let removed = found["removed"].as_array().unwrap_or_else(|| panic!("{}", said(&output)));
    let needless: Vec<&Value> = removed.iter().filter(|one| one["verdict"] != "needed").collect();
    assert!(needless.is_empty() && removed.len() >= grants.len(), "{needless:#?}");
}

/// By an account of its own that is reached as AWS is.
#[rstest]
fn smoke_passes_on_an_account(#[files("shapes/*.yaml")] shape: PathBuf) {
    let up = Up::start_with(PROGRAM, &[]).expect("a region");
    // On such an account time is real.
    let text = fs::read_to_string(&shape).expect("a template").replace("Duration: PT10M", "Duration: PT5S");
    let file = up.home().join("template.yaml");
    fs::write(&file, text).expect("a file");
    let template = file.display().to_string();
    let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, "--yes", "--format", "json", "--template", &template]);
    let outcome: Outcome =
        serde_json::from_value(last_line(&ended.stdout)["outcome"].clone()).unwrap_or_else(|_| panic!("{}", said(&ended)));
    // What instances do by themselves, nobody sees from outside.
    if shape.ends_with("cron-on-the-instance.yaml") {
        let failure = outcome.failure.expect("a failure");
        assert!(failure.reason.contains("so nothing starts the backup"), "{failure:?}");
        return;
    }
    assert_eq!((ended.status.code(), &outcome.failure), (Some(0), &None), "{}", said(&ended));
    assert!(outcome.archive.is_some_and(|archive| archive.identical), "{}", said(&ended));
    assert!(outcome.leftovers.is_empty(), "{:?}", outcome.leftovers);
}
