//! The drill on an account that is reached as AWS is: by `AWS_ENDPOINT_URL` in another process, as an operator who has the shipped policy
//! and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Output, Stdio};

use nightproof_drill::{Outcome, Step};
use nightproof_scenarios::{Template, Up};
use rstest::rstest;
use serde_json::Value;

use crate::command::{PROGRAM, said};
use crate::operator_grants;
use crate::up::{assert_passed, boto3};

pub(crate) const ACCOUNT: &str = "123456789012";

pub(crate) fn account() -> Up {
    account_with(&[])
}

fn account_with(arguments: &[&str]) -> Up {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stack/operator-policy.json").display().to_string();
    Up::start_with(PROGRAM, &[&["--operator-policy", &policy], arguments].concat()).expect("a region")
}

pub(crate) fn nightproof(up: &Up, arguments: &[&str]) -> Output {
    up.command(Path::new(PROGRAM)).args(arguments).stdin(Stdio::null()).output().expect("nightproof")
}

fn outcome(output: &Output) -> Outcome {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last: Value =
        serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("{}", said(output)));
    serde_json::from_value(last["outcome"].clone()).expect("an outcome")
}

/// A command that runs, with its output to read.
fn begun(up: &Up, arguments: &[&str]) -> Child {
    let mut command = up.command(Path::new(PROGRAM));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("nightproof")
}

/// Runs that are noted on this disk.
fn noted(up: &Up) -> Vec<String> {
    let Ok(entries) = fs::read_dir(up.home().join(".local/state/nightproof/runs")) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().replace(".json", "")).collect()
}

/// Nothing of any run is in the account or noted.
fn assert_nothing_left(up: &Up) {
    assert!(noted(up).is_empty(), "{:?}", noted(up));
    assert_passed(&boto3(up, "nothing_left.py"));
}

#[test]
fn a_smoke_drill_passes_by_invoking_and_says_no_secret() {
    let up = account();
    let journal = up.home().join("journal.jsonl").display().to_string();
    let at = |name: &str| up.home().join(name).display().to_string();
    let (evidence, keys) = (at("evidence"), at("keys"));
    let (secret_key, public_key) = (at("keys/nightproof.key"), at("keys/nightproof.pub"));
    fs::create_dir(&keys).expect("a folder");
    assert_eq!(nightproof(&up, &["keys", "--out", &keys]).status.code(), Some(0));
    let smoke = ["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json", "--journal", &journal];
    let ended = nightproof(&up, &[&smoke[..], &["--evidence", &evidence, "--evidence-key", &secret_key]].concat());
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let verified = nightproof(&up, &["verify-evidence", &evidence, "--key", &public_key]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let (_, record) = crate::evidence::record(Path::new(&evidence));
    assert_eq!((&record["drill"]["cloud"], &record["drill"]["account"]), (&"aws".into(), &ACCOUNT.into()), "{record:#}");
    let outcome = outcome(&ended);
    assert!(outcome.archive.is_some_and(|archive| archive.identical && archive.encryption == "aws:kms"));
    let journal = fs::read_to_string(journal).expect("a journal");
    assert!(journal.contains("\"cloud\":\"aws\""), "{journal}");
    let secret = &up.exports()["AWS_SECRET_ACCESS_KEY"];
    assert!(secret.len() > 20 && !said(&ended).contains(secret) && !journal.contains(secret));
    assert_nothing_left(&up);
}

/// By the schedule and by invoking, so that between them every grant of the operator is asked for.
#[test]
fn a_smoke_drill_passes_by_the_schedule_itself_and_sets_it_back_and_needs_all_that_the_operator_may() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal.jsonl");
    let mut up = account_with(&["--journal", &journal.display().to_string()]);
    let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, "--yes", "--format", "json"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let fired = outcome(&ended).steps.into_iter().find(|step| step.step == Step::Fire).expect("a step");
    assert!(fired.detail.contains("EventBridge fired it at rate(1 minute); its own schedule is set back"), "{fired:?}");
    assert_nothing_left(&up);
    let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    up.end_by("INT").expect("an end");
    operator_grants::assert_all_used(&journal);
}

#[test]
fn what_does_not_fit_the_accounts_quotas_is_refused_before_it_is_made() {
    let up = Up::start_with(PROGRAM, &[]).expect("a region");
    // With the default VPC these are all that an account may have.
    assert_passed(&boto3(&up, "four_vpcs.py"));
    for more in ["--yes", "--dry-run"] {
        let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, more]);
        assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
        let reason = "the quota `VPCs per Region` is 5: 5 are used, and the stack needs 1 more";
        assert!(said(&ended).contains(reason), "{}", said(&ended));
    }
    assert_nothing_left(&up);
}

#[test]
fn what_a_template_keeps_is_found_by_its_tag_and_named() {
    let up = account();
    let queue = "Type: AWS::SQS::Queue\n    DeletionPolicy: ";
    let template = Template::default().replacing(&format!("{queue}Delete"), &format!("{queue}Retain"));
    let file = up.home().join("template.yaml");
    fs::write(&file, template.text()).expect("a file");
    let file = file.display().to_string();
    let smoke = ["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json", "--template", &file];
    let ended = nightproof(&up, &smoke);
    assert_eq!(ended.status.code(), Some(4), "{}", said(&ended));
    let left = outcome(&ended).leftovers;
    let kept = |left: &[String]| left.len() == 1 && left[0].starts_with("resource arn:aws:sqs:us-east-1:");
    assert!(kept(&left) && left[0].contains("-DeadLetterQueue-"), "{left:?}");
    // It is looked for again, by the tag alone.
    let again = nightproof(&up, &["resume", "--account", ACCOUNT, &noted(&up).concat()]);
    assert_eq!(again.status.code(), Some(4), "{}", said(&again));
    assert!(said(&again).contains(&left[0]), "{}", said(&again));
}

#[rstest]
#[case::the_search(
    "tagging",
    "GetResources",
    "what has the tag nightproof:run=",
    "unknown: GetResources: AccessDeniedException: no"
)]
#[case::the_look("kms", "DescribeKey", "resource arn:aws:kms:us-east-1:", "perhaps: DescribeKey: AccessDeniedException: no")]
fn what_may_not_be_looked_at_may_be_left(#[case] service: &str, #[case] operation: &str, #[case] what: &str, #[case] why: &str) {
    let error = "{error: {code: AccessDeniedException, message: no}}";
    let up = with_faults(&format!("- when: {{service: {service}, operation: {operation}}}\n  then: {error}\n"));
    let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json"]);
    assert_eq!(ended.status.code(), Some(4), "{}", said(&ended));
    let left = outcome(&ended).leftovers;
    assert!(left.len() == 1 && left[0].starts_with(what) && left[0].ends_with(why), "{left:?}");
}

#[test]
fn credentials_that_expire_in_the_middle_end_it_with_what_remains() {
    // What is to be removed is made by then, and nothing of it removed.
    let up = with_faults("- when: {service: lambda, operation: Invoke, principal: '*:root'}\n  then: expire_credentials\n");
    let issued = boto3(&up, "session.py");
    assert_passed(&issued);
    let session: BTreeMap<String, String> = serde_json::from_slice(&issued.stdout).expect("variables");
    let mut smoke = up.command(Path::new(PROGRAM));
    smoke.args(["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json"]);
    let ended = smoke.envs(&session).stdin(Stdio::null()).output().expect("nightproof");
    assert_eq!(ended.status.code(), Some(4), "{}", said(&ended));
    let told = outcome(&ended);
    let run = &told.run;
    for what in [
        format!("bucket nightproof-seed-{run}: "),
        format!("stack nightproof-{run}: "),
        format!("nightproof:run={run}, unknown: "),
    ] {
        assert!(told.leftovers.iter().any(|left| left.contains(&what)), "{what}: {:?}", told.leftovers);
    }
    assert!(told.failure.is_some_and(|failure| failure.reason.contains("ExpiredToken")), "{}", said(&ended));
    assert!(said(&ended).contains(&format!("`nightproof resume {run}` tries again")), "{}", said(&ended));
    assert!(noted(&up).contains(run), "{:?}", noted(&up));
}

/// A region with these faults, a list in YAML.
pub(crate) fn with_faults(faults: &str) -> Up {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("faults.yaml");
    fs::write(&file, format!("faults:\n{faults}")).expect("a file");
    Up::start_with(PROGRAM, &["--faults", &file.display().to_string()]).expect("a region")
}

#[test]
fn throttling_is_survived() {
    // What CloudFormation does not call itself: it would roll the stack back.
    let rule = |service: &str, operation: &str, error: &str| {
        format!(
            "- when: {{service: {service}, operation: {operation}}}\n  occurrence: {{every: 2}}\n  then: {{error: {error}}}\n"
        )
    };
    let throttled = "{code: ThrottlingException, message: Rate exceeded}";
    let faults = [
        rule("cloudformation", "'*'", "{code: Throttling, message: Rate exceeded}"),
        rule("ssm", "ListCommand*", throttled),
        rule("logs", "FilterLogEvents", throttled),
        rule("s3", "GetObject", "{code: SlowDown, status: 503, message: Please reduce your request rate.}"),
        rule("s3", "ListObjectVersions", "{code: InternalError, status: 500, message: We encountered an internal error.}"),
        "- when: {service: events, operation: DescribeRule}\n  occurrence: {nth: 1}\n  then: lose_answer\n".to_owned(),
    ];
    let up = with_faults(&faults.concat());
    let smoke = ["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json"];
    let ended = nightproof(&up, &smoke);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    assert_nothing_left(&up);
}

/// A region in which the calls of one `service` and `operation` are answered with `error` for `seconds` since the first one.
fn late(rules: &[(&str, &str, u32, &str)]) -> Up {
    let rules = rules.iter().map(|(service, operation, seconds, error)| {
        let when = format!("{{service: {service}, operation: {operation}}}");
        format!("- when: {when}\n  occurrence: {{for: {seconds}}}\n  then: {{error: {error}}}\n")
    });
    with_faults(&rules.collect::<String>())
}

const ROLE_UNKNOWN: &str =
    "{code: InvalidParameterValueException, message: The role defined for the function cannot be assumed by Lambda.}";
const BUCKET_UNKNOWN: &str = "{code: NoSuchBucket, status: 404, message: The specified bucket does not exist}";

#[test]
fn what_was_just_made_and_is_not_known_everywhere_yet_is_waited_for() {
    let profile = "{code: InvalidParameterValue, message: 'Value (p) for parameter iamInstanceProfile.name is invalid. \
                   Invalid IAM Instance Profile name'}";
    let agent = "{code: InternalServerError, status: 500, message: An error occurred on the server side.}";
    let up = late(&[
        ("lambda", "CreateFunction", 1, ROLE_UNKNOWN),
        ("ec2", "RunInstances", 1, profile),
        ("s3", "PutBucketTagging", 1, BUCKET_UNKNOWN),
        ("s3", "PutObject", 1, BUCKET_UNKNOWN),
        ("ssm", "UpdateInstanceInformation", 2, agent),
    ]);
    let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    assert_nothing_left(&up);
}

#[test]
fn what_never_gets_known_ends_the_drill_in_its_own_words() {
    let up = late(&[("lambda", "CreateFunction", 3600, ROLE_UNKNOWN)]);
    let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke"]);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    assert!(said(&ended).contains("The role defined for the function cannot be assumed by Lambda."), "{}", said(&ended));
    assert_nothing_left(&up);
}

#[test]
fn a_dry_run_shows_what_would_be_made_and_makes_nothing() {
    let up = account();
    let ended = nightproof(&up, &["smoke", "--account", ACCOUNT, "--dry-run"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    for text in ["AWS::S3::Bucket", "BackupBucket", "estimated cost: $", "nothing was made"] {
        assert!(said(&ended).contains(text), "{text} in {}", said(&ended));
    }
    assert_nothing_left(&up);
}

#[rstest]
#[case::no_account(&["smoke", "--yes"], &[], 2, "no account is allowed")]
#[case::another_account(&["smoke", "--yes", "--account", "999999999999"], &[], 2, "credentials are of account 123456789012, which is not allowed")]
#[case::nobody_to_ask(&["smoke", "--account", ACCOUNT], &[], 2, "nobody is there to approve")]
#[case::no_such_bundle(&["smoke", "--yes", "--account", ACCOUNT], &[("AWS_CA_BUNDLE", "/nonexistent.pem")], 3, "`/nonexistent.pem`, which AWS_CA_BUNDLE names")]
#[case::wrong_secret(&["smoke", "--yes", "--account", ACCOUNT], &[("AWS_SECRET_ACCESS_KEY", "wrong")], 1, "GetCallerIdentity: SignatureDoesNotMatch")]
#[case::a_run_that_nobody_knows(&["resume", "0000", "--account", ACCOUNT], &[], 2, "nothing is noted of the run `0000`")]
#[case::sweep_without_account(&["sweep", "--cloud", "aws", "--yes"], &[], 2, "no account is allowed")]
fn what_is_not_allowed_is_refused_before_anything_is_made(
    #[case] arguments: &[&str],
    #[case] environment: &[(&str, &str)],
    #[case] code: i32,
    #[case] text: &str,
) {
    let up = account();
    let mut command = up.command(Path::new(PROGRAM));
    command.args(arguments).envs(environment.iter().copied()).env_remove("NIGHTPROOF_ACCOUNTS").stdin(Stdio::null());
    let ended = command.output().expect("nightproof");
    assert_eq!(ended.status.code(), Some(code), "{}", said(&ended));
    assert!(said(&ended).contains(text), "{}", said(&ended));
    assert_nothing_left(&up);
}

#[test]
fn without_credentials_nothing_is_tried() {
    let up = account();
    let mut command = up.command(Path::new(PROGRAM));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").args(["smoke", "--yes", "--account", ACCOUNT]).stdin(Stdio::null());
    let ended = command.output().expect("nightproof");
    assert_eq!(ended.status.code(), Some(3), "{}", said(&ended));
    assert!(said(&ended).contains("there are no AWS credentials"), "{}", said(&ended));
}

#[rstest]
#[case::deploy("deploy")]
#[case::boot("boot")]
#[case::seed("seed")]
#[case::fire("fire")]
#[case::observe("observe")]
#[case::verify("verify")]
#[case::restore("restore")]
#[case::destroy("destroy")]
fn a_run_that_was_killed_is_resumed_to_nothing(#[case] step: &str) {
    let up = account();
    let smoke = ["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json"];
    let mut child = begun(&up, &smoke);
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let begun = format!("\"event\":\"step_started\",\"step\":\"{step}\"");
    assert!(lines.any(|line| line.expect("a line").contains(&begun)), "{step} did not begin");
    child.kill().expect("a kill");
    child.wait().expect("the end");
    let runs = noted(&up);
    let [run] = runs.as_slice() else { panic!("{runs:?}") };
    let swept = nightproof(&up, &["sweep", "--cloud", "aws", "--account", ACCOUNT, "--yes"]);
    assert_eq!(swept.status.code(), Some(0), "{}", said(&swept));
    assert!(!said(&swept).contains("removed"), "a run that has not expired stays: {}", said(&swept));
    let resumed = nightproof(&up, &["resume", run, "--account", ACCOUNT]);
    assert_eq!(resumed.status.code(), Some(0), "{}", said(&resumed));
    assert_nothing_left(&up);
}

#[test]
fn an_interrupted_run_removes_what_it_made() {
    let up = account();
    let smoke = ["smoke", "--account", ACCOUNT, "--yes", "--format", "json"];
    let mut child = begun(&up, &smoke);
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("\"step_started\",\"step\":\"fire\"") {
        line.clear();
        assert!(reader.read_line(&mut line).expect("a line") > 0, "the drill ended");
    }
    let sent = std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("the rest");
    assert_eq!(child.wait().expect("the end").code(), Some(1), "{rest}");
    assert!(rest.contains("\"result\":\"interrupted\""), "{rest}");
    assert_nothing_left(&up);
}

#[test]
fn a_sweep_removes_what_has_expired_and_touches_nothing_else() {
    let up = Up::start(PROGRAM).expect("a region");
    assert_passed(&boto3(&up, "sweep_before.py"));
    let shown = nightproof(&up, &["sweep", "--cloud", "aws", "--account", ACCOUNT]);
    assert!(said(&shown).contains("run dead: stack nightproof-dead, bucket nightproof-seed-dead; expired"), "{}", said(&shown));
    assert!(said(&shown).contains("nothing was removed"), "{}", said(&shown));
    let swept = nightproof(&up, &["sweep", "--cloud", "aws", "--account", ACCOUNT, "--yes"]);
    // Of what has the run's tags and none of its names, a sweep says that it is there.
    assert_eq!(swept.status.code(), Some(4), "{}", said(&swept));
    for other in ["arn:aws:s3:::other-bucket\n", "arn:aws:cloudformation:us-east-1:123456789012:stack/other/"] {
        assert!(said(&swept).contains(&format!("left: resource {other}")), "{}", said(&swept));
    }
    assert!(said(&swept).contains("run alive: stack nightproof-alive; expires 2999-01-01T00:00:00Z, stays"), "{}", said(&swept));
    assert_passed(&boto3(&up, "sweep_after.py"));
}

#[test]
fn the_age_of_the_accounts_newest_archive_is_told_and_held_against_its_budget() {
    let up = Up::start_with(PROGRAM, &[]).expect("a region");
    assert_passed(&boto3(&up, "archives.py"));
    let file = up.home().join("drill.yaml");
    let smoke = |archives: &str, rpo: &str| {
        let text =
            format!("version: 1\narchives: {{bucket: archives-of-somebody, prefix: {archives}}}\nbudgets: {{rpo: {rpo}}}\n");
        fs::write(&file, text).expect("a file");
        let file = file.display().to_string();
        let smoke = ["smoke", "--account", ACCOUNT, "--yes", "--fire", "invoke", "--format", "json", "--file", &file];
        let ended = nightproof(&up, &smoke);
        let outcome = outcome(&ended);
        let findings: Vec<String> = outcome.findings.iter().map(|finding| finding.id.clone()).collect();
        (ended.status.code(), outcome.numbers.age.expect("an age"), findings)
    };
    let (code, age, findings) = smoke("site/", "26h");
    assert_eq!((code, age.archive.as_str()), (Some(0), "s3://archives-of-somebody/site/b.tgz"));
    assert!(age.seconds.is_some_and(|seconds| seconds < 600) && findings.is_empty(), "{age:?} {findings:?}");
    // Where there is none, none is new enough.
    let (code, age, findings) = smoke("other/", "26h");
    // The bundled stack is drilled strictly.
    assert!(code == Some(1) && age.seconds.is_none(), "{code:?} {age:?}");
    assert_eq!(findings, ["over-budget-rpo"]);
    assert!(noted(&up).is_empty(), "{:?}", noted(&up));
}
