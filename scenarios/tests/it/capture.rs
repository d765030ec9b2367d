//! What happened in a region of another process is captured, and its draft reproduced.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use nightproof_scenarios::{Template, Up};
use rstest::rstest;
use serde_json::Value;

use crate::command::{PROGRAM, said};
use crate::redactor::assert_output;
use crate::smoke::with_faults;
use crate::up::{assert_passed, boto3_with};

/// A region in which a night has passed.
struct Night {
    up: Up,
    /// Its begin and end, and the key of somebody who may not read everything.
    told: Value,
}

impl Night {
    /// Faults are those of `nightproof up`, parameters a JSON object.
    fn of(what: &str, template: &Template, faults: &str, parameters: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stack = folder.path().join("template.yaml");
        fs::write(&stack, template.text()).expect("a file");
        let up = with_faults(&format!(" [{faults}]"));
        let stack = stack.display().to_string();
        let passed = boto3_with(&up, "night.py", &[("NIGHT", what), ("TEMPLATE", &stack), ("PARAMETERS", parameters)]);
        assert_passed(&passed);
        let told = serde_json::from_slice(&passed.stdout).unwrap_or_else(|_| panic!("{}", said(&passed)));
        Self { up, told }
    }

    fn text(&self, name: &str) -> &str {
        self.told[name].as_str().expect("a text")
    }

    fn captured_as(&self, environment: &[(&str, &str)]) -> (Output, PathBuf) {
        let out = self.up.home().join("captured");
        let mut command = self.up.command(Path::new(PROGRAM));
        command.args(["capture", "--stack", "backup", "--from", self.text("from"), "--to", self.text("to"), "--out"]).arg(&out);
        (command.envs(environment.iter().copied()).output().expect("nightproof"), out)
    }

    fn captured(&self) -> (Output, PathBuf) {
        self.captured_as(&[])
    }
}

fn assert_reproduced(folder: &Path) {
    let draft = folder.join("incident.yaml");
    let ended = crate::command::nightproof(folder, &["reproduce", &draft.display().to_string()]);
    let text = fs::read_to_string(&draft).unwrap_or_default();
    assert_eq!(ended.status.code(), Some(0), "{text}\n{}", said(&ended));
    assert!(said(&ended).contains("REPRODUCED: it shows as described"), "{text}\n{}", said(&ended));
}

#[test]
fn a_capture_prints_its_diagnosis_and_what_to_do_next() {
    let (ended, folder) = Night::of("rule_disabled", &Template::default(), "", "{}").captured();
    assert_output("capture", &said(&ended).replace(&folder.display().to_string(), "[out]"));
}

/// The function's calls, in a fault.
const FUNCTION: &str = "principal: '*:assumed-role/*BackupFunctionRole*'";

#[rstest]
#[case::rule_disabled("rule_disabled", "rule", "is disabled")]
#[case::rule_deleted("rule_deleted", "rule", "was deleted")]
#[case::target_removed("target_removed", "rule", "has no target")]
#[case::permission_removed("permission_removed", "rule", "does not let events.amazonaws.com invoke it")]
#[case::instance_stopped("instance_stopped", "command", "no instance listens")]
#[case::tag_lost("tag_lost", "command", "none has the tag")]
#[case::key_disabled("key_disabled", "script", "KMS.DisabledException")]
#[case::key_pending_deletion("key_pending_deletion", "script", "KMS.KMSInvalidStateException")]
#[case::data_path_gone("data_path_gone", "script", "did not find /var/www/html")]
fn what_somebody_did_is_captured_and_its_draft_reproduced(#[case] what: &str, #[case] hop: &str, #[case] reason: &str) {
    let night = Night::of(what, &Template::default(), "", "{}");
    let (ended, folder) = night.captured();
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let broke = format!("the chain broke at {hop}");
    assert!(said(&ended).contains(&broke) && said(&ended).contains(reason), "{}", said(&ended));
    assert!(!said(&ended).contains("not captured"), "{}", said(&ended));
    assert_reproduced(&folder);
}

#[rstest]
#[case::throttled(
    &format!("{{when: {{service: ssm, operation: SendCommand, {FUNCTION}}}, then: {{error: {{code: ThrottlingException, message: Rate exceeded}}}}}}"),
    "", "", "function (ThrottlingException)"
)]
#[case::sent_twice(&format!("{{when: {{service: ssm, operation: SendCommand, {FUNCTION}}}, occurrence: {{nth: 1}}, then: lose_answer}}"), "", "", "object")]
#[case::credentials_expired(
    "{when: {service: s3, operation: PutObject, principal: '*/i-*'}, then: {error: {code: ExpiredToken, message: The provided token has expired.}}}",
    "",
    "",
    "script (ExpiredToken)"
)]
#[case::function_too_slow(
    &format!("{{when: {{service: ssm, operation: ListCommands, {FUNCTION}}}, then: {{delay: 5}}}}"),
    "      Timeout: 60\n", "      Timeout: 3\n", "function: "
)]
#[case::script_too_slow(
    "{when: {service: s3, operation: PutObject, principal: '*/i-*'}, then: {delay: 60}}",
    r#""executionTimeout": ["3600"]"#,
    r#""executionTimeout": ["6"]"#,
    "script: "
)]
fn what_went_wrong_in_aws_is_captured_and_its_draft_reproduced(
    #[case] fault: &str,
    #[case] old: &str,
    #[case] new: &str,
    #[case] broke: &str,
) {
    let template = if old.is_empty() { Template::default() } else { Template::default().replacing(old, new) };
    let night = Night::of("nothing", &template, fault, "{}");
    let (ended, folder) = night.captured();
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    assert!(said(&ended).contains(&format!("the chain broke at {broke}")), "{}", said(&ended));
    let draft = fs::read_to_string(folder.join("incident.yaml")).expect("a draft");
    assert!(!draft.contains("Traceback"), "{draft}");
    assert_reproduced(&folder);
}

#[test]
fn a_tool_that_fails_is_stood_in_for() {
    // As on a disk that is full: what the script calls complains and ends.
    let broken =
        "tar() { echo 'tar: /var/tmp/backup: Cannot write: No space left on device' >&2; return 2; }\n          umask 077\n";
    let template = Template::default().replacing("umask 077\n", broken);
    let night = Night::of("nothing", &template, "", "{}");
    let (ended, folder) = night.captured();
    assert!(said(&ended).contains("tar failed: /var/tmp/backup: Cannot write: No space left on device"), "{}", said(&ended));
    let draft = fs::read_to_string(folder.join("incident.yaml")).expect("a draft");
    assert!(draft.contains("No space left on device' >&2; return 2; }"), "{draft}");
    // The draft does it alone, in a stack whose tar is well.
    fs::write(folder.join("template.yaml"), Template::default().text()).expect("a file");
    assert_reproduced(&folder);
}

#[test]
fn a_good_night_gives_no_draft() {
    let night = Night::of("nothing", &Template::default(), "", "{}");
    let (ended, folder) = night.captured();
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    assert!(said(&ended).contains("nothing in it says that a hop failed"), "{}", said(&ended));
    assert!(!folder.join("incident.yaml").exists() && folder.join("commands.json").exists());
    let (again, _) = night.captured();
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    assert!(said(&again).contains("it is not empty"), "{}", said(&again));
}

#[test]
fn what_may_not_be_read_is_told_and_the_rest_captured() {
    let night = Night::of("tag_lost", &Template::default(), "", "{}");
    let key = |name: &str| night.told["limited"][name].as_str().expect("a key");
    let key = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, key(name)));
    let (ended, folder) = night.captured_as(&key);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    for operation in ["FilterLogEvents", "LookupEvents"] {
        assert!(said(&ended).contains(&format!("not captured: {operation}: AccessDenied")), "{}", said(&ended));
    }
    assert!(said(&ended).contains("the chain broke at command"), "{}", said(&ended));
    let about = fs::read_to_string(folder.join("capture.json")).expect("a file");
    assert!(about.contains("LookupEvents: AccessDenied"), "{about}");
}

#[test]
fn no_secret_is_in_the_folder() {
    const PLANTED: [&str; 9] = [
        "planted-default",
        "planted-parameter",
        "planted-variable",
        "planted-in-code",
        "planted-password",
        "planted-in-json",
        "MIIplantedkey",
        "AKIAPLANTEDPLANTED12",
        "plantedHeader0123456789",
    ];
    let template = Template::default()
        .replacing("  RetentionDays:\n", "  Hidden:\n    Type: String\n    NoEcho: true\n    Default: planted-default\n  RetentionDays:\n")
        .replacing("          TAG_KEY: Backup\n", "          TAG_KEY: Backup\n          DATABASE: !Sub db-${Hidden}\n          API_TOKEN: planted-variable\n")
        .replacing("              command_id = command[", "              password = \"planted-in-code\"\n              print(\"connects to\", os.environ[\"DATABASE\"], os.environ[\"API_TOKEN\"], \"with password=\" + password, \"AKIA\" + \"PLANTEDPLANTED12\")\n              command_id = command[")
        .replacing("          umask 077\n", "          umask 077\n          export PGPASSWORD=planted-password\n          echo \"connects with PGPASSWORD=$PGPASSWORD\"\n          echo '{\"secret\": \"planted-in-json\"}'\n          echo 'Authorization: Bearer plantedHeader0123456789'\n          printf -- '-----BEGIN PRIVATE KEY-----\\nMIIplantedkey\\n-----END PRIVATE KEY-----\\n'\n");
    let night = Night::of("data_path_gone", &template, "", r#"{"Hidden": "planted-parameter"}"#);
    let (ended, folder) = night.captured();
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let mut all = said(&ended);
    for entry in fs::read_dir(&folder).expect("the folder") {
        all.push_str(&fs::read_to_string(entry.expect("an entry").path()).expect("a text"));
    }
    let own = night.up.exports()["AWS_SECRET_ACCESS_KEY"].clone();
    for secret in PLANTED.into_iter().chain([own.as_str()]) {
        assert!(!all.contains(secret), "{secret} is in the folder");
    }
    // What is around them was captured.
    for text in [
        "connects to removed-secret removed-secret with password=removed-secret removed-secret",
        "connects with PGPASSWORD=removed-secret",
        "Authorization: removed-secret",
    ] {
        assert!(all.contains(text), "{text} in {all}");
    }
    assert_reproduced(&folder);
}

#[rstest]
#[case::no_such_stack(&["--stack", "none", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z"], 1, "Stack with id none does not exist")]
#[case::the_end_before_the_begin(&["--stack", "s", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"], 2, "--from comes before --to")]
#[case::no_time(&["--stack", "s", "--from", "yesterday", "--to", "2026-01-01T00:00:00Z"], 2, "--from <TIME>")]
fn what_cannot_be_captured_is_refused(#[case] arguments: &[&str], #[case] code: i32, #[case] text: &str) {
    let up = Up::start(PROGRAM).expect("a region");
    let ended =
        up.command(Path::new(PROGRAM)).arg("capture").args(arguments).current_dir(up.home()).output().expect("nightproof");
    assert_eq!(ended.status.code(), Some(code), "{}", said(&ended));
    assert!(said(&ended).contains(text), "{}", said(&ended));
    assert_eq!(fs::read_dir(up.home()).expect("the home").count(), 0);
}
