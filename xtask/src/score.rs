//! How many of the tests pass whose answers were recorded from AWS: LocalStack's, of a checkout that whoever runs this has. Nothing of them is kept
//! here but their names. Those that passed once must pass again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::step::{self, StepError};
use crate::up::Up;

/// What runs the tests, as of the version whose checkout is meant.
const PACKAGES: [&str; 2] = ["localstack-core[base-runtime,runtime,test]==4.14.0", "pytest-timeout==2.4.0"];
/// Seconds for the tests of a service, and for those of a quick run.
const WHOLE: u64 = 1800;
const QUICK: u64 = 14;
/// Of how many passed tests a quick run takes one.
const EVERY: usize = 8;
/// Services that the region has, by their folders in the suite.
const SERVICES: [&str; 17] = [
    "cloudformation",
    "cloudwatch",
    "ec2",
    "events",
    "iam",
    "kms",
    "lambda_",
    "logs",
    "resourcegroupstaggingapi",
    "s3",
    "s3control",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
];
/// The operator's: documents in tests have the usual examples of ids, which are to be told from it.
const ACCOUNT: &str = "192837465564";
/// The account of tests that need a second one.
const OTHER_ACCOUNT: &str = "210987654321";
/// Whoever calls may do everything: what policies deny is not what these tests are about.
const OPERATOR: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

/// What to run, and what for.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// LocalStack's sources, at v4.14.0.
    checkout: PathBuf,
    /// Only these services; all of them if none is named.
    services: Vec<String>,
    /// Fails when a test is lost that passed before, and writes nothing.
    #[arg(long)]
    check: bool,
    /// A part of the tests that passed before, in at most 3 minutes; writes nothing.
    #[arg(long)]
    quick: bool,
    /// A program that is built already, instead of one that is built of these sources.
    #[arg(long)]
    program: Option<PathBuf>,
    /// A Python with the suite's packages, instead of one that is made below `target/`.
    #[arg(long)]
    python: Option<PathBuf>,
}

/// A line of the plugin's.
#[derive(Debug, Deserialize)]
struct Outcome {
    test: String,
    outcome: String,
    cause: Option<String>,
}

/// What became of a service's tests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    passed: BTreeSet<String>,
    failed: BTreeSet<String>,
    /// How many failed, by cause.
    causes: BTreeMap<String, usize>,
}

/// Runs the suite, and compares it with what passed before or writes that anew.
pub(crate) fn measure(options: &Options) -> Result<(), StepError> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (list, page) = (here.join("passed.txt"), here.join("../docs/score.md"));
    let known = std::fs::read_to_string(&list).unwrap_or_default();
    let known: BTreeSet<&str> = known.lines().collect();
    let python = python(options)?;
    if options.program.is_none() {
        step::cargo(&["build", "--workspace", "--quiet", "--bin", "nightproof"], &[])?;
    }
    let mut scores = BTreeMap::new();
    for service in SERVICES.iter().filter(|name| options.services.is_empty() || options.services.iter().any(|one| one == *name)) {
        let wanted: Vec<&str> = known.iter().copied().filter(|test| is_of(test, service)).collect();
        let chosen: Option<Vec<&str>> = options.quick.then(|| wanted.iter().copied().step_by(EVERY).collect());
        if chosen.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        scores.insert(*service, run(options, &python, service, chosen.as_deref())?);
    }
    let lost: Vec<&str> = lost(&known, scores.values());
    for test in &lost {
        step::say(&format!("lost: {test}"));
    }
    if options.check || options.quick {
        let passed: usize = scores.values().map(|score| score.passed.len()).sum();
        step::say(&format!("xtask: {passed} passed, {} lost", lost.len()));
        return if lost.is_empty() { Ok(()) } else { Err(StepError::Found(format!("{} tests are lost", lost.len()))) };
    }
    let ran = |test: &&str| scores.keys().any(|service| is_of(test, service));
    let mut passed: BTreeSet<&str> = known.iter().copied().filter(|test| !ran(test)).collect();
    passed.extend(scores.values().flat_map(|score| score.passed.iter().map(String::as_str)));
    write(&list, &passed.iter().fold(String::new(), |text, test| text + test + "\n"))?;
    // Figures of services that were not run this time stay.
    let before = std::fs::read_to_string(&page).unwrap_or_default();
    write(&page, &text(&scores, &before))
}

fn is_of(test: &str, service: &str) -> bool {
    test.strip_prefix("tests/aws/services/").and_then(|rest| rest.strip_prefix(service)).is_some_and(|rest| rest.starts_with('/'))
}

/// Tests that passed before, and failed now.
fn lost<'a>(known: &BTreeSet<&'a str>, scores: impl Iterator<Item = &'a Score>) -> Vec<&'a str> {
    let failed: BTreeSet<&str> = scores.flat_map(|score| score.failed.iter().map(String::as_str)).collect();
    known.iter().copied().filter(|test| failed.contains(test)).collect()
}

fn write(path: &Path, text: &str) -> Result<(), StepError> {
    std::fs::write(path, text).map_err(|error| StepError::Found(format!("cannot write `{}`: {error}", path.display())))
}

/// The Python that runs the suite.
fn python(options: &Options) -> Result<PathBuf, StepError> {
    if let Some(python) = &options.python {
        return Ok(python.clone());
    }
    let venv = step::target().join("score/python");
    if !venv.join("bin/pytest").exists() {
        step::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        step::run(Command::new(venv.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES))?;
    }
    Ok(venv.join("bin/python"))
}

/// Runs the tests of a service, or those of `chosen`, against a region of their own.
fn run(options: &Options, python: &Path, service: &str, chosen: Option<&[&str]>) -> Result<Score, StepError> {
    let folder = step::target().join("score").join(service);
    std::fs::create_dir_all(&folder).map_err(|error| StepError::Found(format!("cannot make `{}`: {error}", folder.display())))?;
    let (operator, results, tests) = (folder.join("operator.json"), folder.join("results.jsonl"), folder.join("tests"));
    write(&operator, OPERATOR)?;
    write(&results, "")?;
    write(&tests, &chosen.unwrap_or_default().join("\n"))?;
    let program = options.program.clone().unwrap_or_else(|| step::target().join("debug/nightproof"));
    let operator = operator.to_string_lossy();
    let arguments: [&str; 6] = ["--operator-policy", &operator, "--account", ACCOUNT, "--other-account", OTHER_ACCOUNT];
    let region = Up::start(&program, &folder, &arguments)?;
    let checkout = options.checkout.canonicalize().unwrap_or_else(|_| options.checkout.clone());
    let path = std::env::join_paths([Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), checkout.clone()]);
    let path = path.map_err(|error| StepError::Found(format!("a folder of Python's: {error}")))?;
    let mut pytest = Command::new(python);
    pytest.current_dir(&checkout).args(["-m", "pytest", "-p", "score_plugin", "-p", "no:cacheprovider"]);
    pytest.args(["-p", "no:localstack.testing.pytest.validation_tracking", "-q", "--tb=no", "--timeout=60"]);
    pytest.arg(format!("tests/aws/services/{service}"));
    pytest.envs(region.environment().iter().cloned()).env("PYTHONPATH", path).env("TZ", "UTC");
    pytest.envs([("TEST_TARGET", "AWS_CLOUD"), ("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_REGION", "us-east-1")]);
    // Tests of two accounts find the second one by these.
    for (name, of_suite) in
        [("ACCESS_KEY_ID", "SECONDARY_TEST_AWS_ACCESS_KEY_ID"), ("SECRET_ACCESS_KEY", "SECONDARY_TEST_AWS_SECRET_ACCESS_KEY")]
    {
        let exported = format!("NIGHTPROOF_{OTHER_ACCOUNT}_{name}");
        pytest.envs(region.environment().iter().find(|(known, _)| *known == exported).map(|(_, value)| (of_suite, value)));
    }
    pytest.env("SECONDARY_TEST_AWS_ACCOUNT_ID", OTHER_ACCOUNT);
    pytest.env("SCORE_RESULTS", &results).env("SCORE_SECONDS", if chosen.is_some() { QUICK } else { WHOLE }.to_string());
    if chosen.is_some() {
        pytest.env("SCORE_TESTS", &tests);
    }
    // That tests failed is in the results.
    match step::run(&mut pytest) {
        Ok(()) | Err(StepError::Failed { .. }) => {}
        Err(error) => return Err(error),
    }
    let written = std::fs::read_to_string(&results).unwrap_or_default();
    let score = Score::read(&written);
    match score.passed.is_empty() && score.failed.is_empty() && chosen.is_none() {
        true => Err(StepError::Found(format!("no test of {service} ran"))),
        false => Ok(score),
    }
}

impl Score {
    /// From the plugin's lines. What was not run counts for nothing.
    fn read(lines: &str) -> Self {
        let mut score = Self::default();
        for one in lines.lines().filter_map(|line| serde_json::from_str::<Outcome>(line).ok()) {
            match one.outcome.as_str() {
                "passed" => {
                    score.passed.insert(one.test);
                }
                "failed" => {
                    score.failed.insert(one.test);
                    *score.causes.entry(one.cause.unwrap_or_default()).or_default() += 1;
                }
                _ => {}
            }
        }
        score
    }

    fn row(&self, service: &str) -> String {
        let (passed, all) = (self.passed.len(), self.passed.len() + self.failed.len());
        let of = |cause: &str| self.causes.get(cause).copied().unwrap_or_default();
        let unwritten: usize =
            self.causes.iter().filter(|(cause, _)| cause.starts_with(NOT_WRITTEN)).map(|(_, count)| count).sum();
        let other = all - passed - unwritten - of(OTHER_ANSWER) - of(UNREPEATABLE) - of(NOT_RUNNING);
        let percent = (100 * passed).checked_div(all).unwrap_or_default();
        format!(
            "| {service} | {all} | {passed} | {percent} % | {unwritten} | {} | {other} | {} | {} |",
            of(OTHER_ANSWER),
            of(UNREPEATABLE),
            of(NOT_RUNNING)
        )
    }
}

const NOT_WRITTEN: &str = "not written: ";
const OTHER_ANSWER: &str = "another answer";
const UNREPEATABLE: &str = "the recording cannot be repeated";
const NOT_RUNNING: &str = "the test itself does not run";

/// The page; rows and sections of services that were not run are those of the page `before`.
fn text(scores: &BTreeMap<&str, Score>, before: &str) -> String {
    let mut text = "# Score\n\nTests of LocalStack 4.14 whose answers were recorded from AWS, in their strict form, against `nightproof up`. `cargo xtask \
        score CHECKOUT` writes this page; `--check` fails\nwhen a test is lost that passed before (`xtask/passed.txt`), `--quick` looks at a part of them in 3 \
        minutes. Two columns no region can do anything about: a recording that an\nolder form of the test made holds members that the test leaves out by now, \
        or holds ids that each run makes anew, and some tests do not run at all.\n\n| service | tests | passed | | not written | another answer | other behaviour | \
        unrepeatable recording | test does not run |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let mut rows: BTreeMap<&str, String> = SERVICES
        .iter()
        .filter_map(|service| {
            Some((*service, before.lines().find(|line| line.starts_with(&format!("| {service} |")))?.to_owned()))
        })
        .collect();
    rows.extend(scores.iter().map(|(service, score)| (*service, score.row(service))));
    for row in rows.values() {
        let _ = writeln!(text, "{row}");
    }
    for service in rows.keys() {
        let _ = match scores.get(service) {
            Some(score) => writeln!(text, "{}", section(service, score)),
            None => write!(text, "{}", section_before(service, before)),
        };
    }
    text.trim_end().to_owned() + "\n"
}

/// What is not written, by how many tests it stops.
fn section(service: &str, score: &Score) -> String {
    let mut lacking: Vec<(&str, usize)> =
        score.causes.iter().filter_map(|(cause, count)| Some((cause.strip_prefix(NOT_WRITTEN)?, *count))).collect();
    lacking.sort_by_key(|(what, count)| (std::cmp::Reverse(*count), *what));
    let mut text = format!("\n## {service}: not written\n\n");
    for (what, count) in lacking {
        let _ = writeln!(text, "- {count}: {what}");
    }
    text.trim_end().to_owned()
}

/// The section of a service on the page as it was.
fn section_before<'a>(service: &str, before: &'a str) -> String {
    let head = format!("\n## {service}: not written\n");
    let Some(at) = before.find(&head) else { return String::new() };
    let rest: &'a str = before.get(at..).unwrap_or_default();
    let end = rest.get(1..).and_then(|rest| rest.find("\n## ")).map_or(rest.len(), |end| end + 1);
    rest.get(..end).unwrap_or_default().trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"test": "tests/aws/services/sqs/a", "outcome": "passed", "cause": null}
{"test": "tests/aws/services/sqs/b", "outcome": "failed", "cause": "not written: sqs: X"}
{"test": "tests/aws/services/sqs/c", "outcome": "failed", "cause": "another answer"}
{"test": "tests/aws/services/sqs/d", "outcome": "not_run", "cause": null}"#;

    #[test]
    fn a_test_that_passed_before_and_fails_is_lost_and_one_that_did_not_run_is_not() {
        let score = Score::read(LINES);
        let names = ["a", "c", "d"].map(|name| format!("tests/aws/services/sqs/{name}"));
        let known: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(lost(&known, std::iter::once(&score)), ["tests/aws/services/sqs/c"]);
        assert!(is_of("tests/aws/services/s3/x", "s3") && !is_of("tests/aws/services/s3control/x", "s3"));
    }

    #[test]
    fn figures_of_services_that_were_not_run_stay() {
        let page = text(&BTreeMap::from([("sqs", Score::read(LINES))]), "");
        assert!(page.contains("| sqs | 3 | 1 | 33 % | 1 | 1 | 0 | 0 | 0 |"), "{page}");
        assert!(page.ends_with("## sqs: not written\n\n- 1: sqs: X\n"), "{page}");
        let other = Score { passed: BTreeSet::from(["tests/aws/services/sns/x".to_owned()]), ..Score::default() };
        let both = text(&BTreeMap::from([("sns", other)]), &page);
        assert!(both.contains("| sqs | 3 | 1 | 33 % |") && both.contains("| sns | 1 | 1 | 100 % |"), "{both}");
        assert!(both.ends_with("## sqs: not written\n\n- 1: sqs: X\n"), "{both}");
        assert_eq!(text(&BTreeMap::new(), &both), both);
    }
}
