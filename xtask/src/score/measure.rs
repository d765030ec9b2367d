//! The step: runs the suite, and compares it with what passed before or writes that anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::page::{self, Page};
use super::result::{Score, is_of, lost};
use super::selection::{choose, files};
use super::suite::{Suite, write};
use crate::step::{self, StepError};

/// Seconds for the tests of a service, and for those of a quick run, which collects them as well.
const WHOLE: u64 = 1800;
const QUICK: u64 = 150;
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
    /// The brief tests of `xtask/quick.txt`, in at most 3 minutes; fails when one is lost, and writes nothing.
    #[arg(long)]
    quick: bool,
    /// Goes on with an earlier run that did not come to its end: tests whose results are below `target/score` are not run again.
    #[arg(long)]
    resume: bool,
    /// A program that is built already, instead of one that is built of these sources.
    #[arg(long)]
    program: Option<PathBuf>,
    /// A Python with the suite's packages, instead of one that is made below `target/`.
    #[arg(long)]
    python: Option<PathBuf>,
}

/// Runs the suite, and compares it with what passed before or writes that anew.
pub(crate) fn measure(options: &Options) -> Result<(), StepError> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [list, brief, hopeless, page] =
        ["passed.txt", "quick.txt", "cannot_pass.txt", "../docs/score.md"].map(|file| here.join(file));
    let [known, quick, reasons, before] =
        [&list, &brief, &hopeless, &page].map(|file| std::fs::read_to_string(file).unwrap_or_default());
    let known: BTreeSet<&str> = known.lines().collect();
    let suite = Suite::prepare(&options.checkout, options.python.as_deref(), options.program.as_deref())?;
    let services: Vec<&str> = SERVICES
        .into_iter()
        .filter(|name| options.services.is_empty() || options.services.iter().any(|one| one == name))
        .collect();
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    if options.quick {
        let tests: Vec<&str> = quick.lines().filter(|test| services.iter().any(|service| is_of(test, service))).collect();
        if tests.is_empty() {
            return Err(StepError::Found(format!("`{}` has no test of these services", brief.display())));
        }
        let files: Vec<String> = files(tests.iter().copied()).into_iter().map(str::to_owned).collect();
        scores.insert("quick", suite.run("quick", &files, Some(&tests), QUICK, options.resume)?);
    } else {
        for service in services {
            scores.insert(service, suite.run(service, &[format!("tests/aws/services/{service}")], None, WHOLE, options.resume)?);
        }
    }
    for (name, score) in &scores {
        let all = score.passed.len() + score.failed.len();
        let resident = score.resident.map(|mib| format!(", {mib} MiB resident")).unwrap_or_default();
        step::say(&format!("xtask: {name}: {} of {all} passed{resident}", score.passed.len()));
    }
    if options.check || options.quick {
        let lost = lost(&known, scores.values());
        for test in &lost {
            step::say(&format!("lost: {test}"));
        }
        return if lost.is_empty() { Ok(()) } else { Err(StepError::Found(format!("{} tests are lost", lost.len()))) };
    }
    // What there was no time for stays as it was.
    let failed = |test: &&str| scores.values().any(|score| score.failed.contains(*test));
    let mut passed: BTreeSet<&str> = known.iter().copied().filter(|test| !failed(test)).collect();
    passed.extend(scores.values().flat_map(|score| score.passed.iter().map(String::as_str)));
    write(&list, &lines(&passed))?;
    write(&brief, &lines(&choose(&quick, scores.iter().map(|(service, score)| (*service, score)))))?;
    // Figures of services that were not run this time stay.
    let page_before = Page { services: &SERVICES, before: &before, has: &page::services_of_region(here), cannot_pass: &reasons };
    write(&page, &page_before.text(&scores))
}

fn lines(tests: &BTreeSet<&str>) -> String {
    tests.iter().fold(String::new(), |text, test| text + test + "\n")
}
