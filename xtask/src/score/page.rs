//! The page of the score.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::result::{Score, is_of};

const NOT_WRITTEN: &str = "not written: ";
const OTHER_ANSWER: &str = "another answer";
const UNREPEATABLE: &str = "the recording cannot be repeated";
const NOT_RUNNING: &str = "the test itself does not run";

const HEAD: &str = "# Score

Tests of LocalStack 4.14 whose answers were recorded from AWS, in their strict form, against `nightproof up`. `cargo xtask score CHECKOUT` writes this page; `--check` fails
when a test is lost that passed before (`xtask/passed.txt`), `--quick` runs brief ones of them (`xtask/quick.txt`) in 3 minutes. Tests that an
older form of the suite's own fixture recorded take events and acknowledge capabilities as that form did. Two columns no region can do anything about: a recording holds ids that
each run makes anew, and some tests do not run at all. The last column is the region's memory after the tests.

| service | tests | passed | | not written | another answer | other behaviour | unrepeatable recording | test does not run | MiB |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

/// What a page is made of beside the scores.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// Those that have a row.
    pub services: &'a [&'a str],
    /// The page as it is: rows and sections of services that were not run are taken from it.
    pub before: &'a str,
    /// The services of the region, by their names in refusals.
    pub has: &'a BTreeSet<String>,
    /// Lines of a test and why it cannot pass here, with a bar between them.
    pub cannot_pass: &'a str,
}

/// The services that the region has a model of.
pub(super) fn services_of_region(xtask: &Path) -> BTreeSet<String> {
    let models = std::fs::read_dir(xtask.join("../harness/wire/models")).into_iter().flatten().flatten();
    models.filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect()
}

impl Page<'_> {
    pub(super) fn text(&self, scores: &BTreeMap<&str, Score>) -> String {
        let mut text = HEAD.to_owned();
        let row_before = |service: &str| self.before.lines().find(|line| line.starts_with(&format!("| {service} |")));
        let mut rows: BTreeMap<&str, String> =
            self.services.iter().filter_map(|service| Some((*service, row_before(service)?.to_owned()))).collect();
        rows.extend(scores.iter().map(|(service, score)| (*service, row(service, score))));
        for row in rows.values() {
            let _ = writeln!(text, "{row}");
        }
        for service in rows.keys() {
            let _ = match scores.get(service) {
                Some(score) => writeln!(text, "{}", self.section(service, score)),
                None => write!(text, "{}", section_before(service, self.before)),
            };
        }
        text.trim_end().to_owned() + "\n"
    }

    /// What is not written, by how many tests it stops, and what else cannot pass here.
    fn section(&self, service: &str, score: &Score) -> String {
        let mut lacking: Vec<(&str, usize)> =
            score.causes.iter().filter_map(|(cause, count)| Some((cause.strip_prefix(NOT_WRITTEN)?, *count))).collect();
        lacking.sort_by_key(|(what, count)| (std::cmp::Reverse(*count), *what));
        let mut text = format!("\n## {service}: not written\n\n");
        for (what, count) in lacking {
            let reason = self.reason(what).map(|reason| format!(" ({reason})")).unwrap_or_default();
            let _ = writeln!(text, "- {count}: {what}{reason}");
        }
        let mut others: BTreeMap<&str, usize> = BTreeMap::new();
        for (test, reason) in self.cannot_pass.lines().filter_map(|line| line.split_once(" | ")) {
            if is_of(test, service) && score.failed.contains(test) {
                *others.entry(reason).or_default() += 1;
            }
        }
        if !others.is_empty() {
            let _ = writeln!(text, "\nWhat else cannot pass here (`xtask/cannot_pass.txt`):\n");
        }
        for (reason, count) in others {
            let _ = writeln!(text, "- {count}: {reason}");
        }
        text.trim_end().to_owned()
    }

    /// Why what is not written is not going to be.
    fn reason(&self, what: &str) -> Option<&'static str> {
        if what.contains("execution of functions of the runtime") {
            return Some("only functions in Python and Node.js are run");
        }
        let service = what.split_once(": ")?.0;
        let is_name = service.chars().all(|one| one.is_ascii_lowercase() || one == '-');
        (is_name && !self.has.contains(service)).then_some("the region has no such service")
    }
}

fn row(service: &str, score: &Score) -> String {
    let (passed, all) = (score.passed.len(), score.passed.len() + score.failed.len());
    let count = |cause: &str| score.causes.get(cause).copied().unwrap_or_default();
    let unwritten: usize = score.causes.iter().filter(|(cause, _)| cause.starts_with(NOT_WRITTEN)).map(|(_, count)| count).sum();
    let other = all - passed - unwritten - count(OTHER_ANSWER) - count(UNREPEATABLE) - count(NOT_RUNNING);
    let percent = (100 * passed).checked_div(all).unwrap_or_default();
    format!(
        "| {service} | {all} | {passed} | {percent} % | {unwritten} | {} | {other} | {} | {} | {} |",
        count(OTHER_ANSWER),
        count(UNREPEATABLE),
        count(NOT_RUNNING),
        score.resident.map(|mib| mib.to_string()).unwrap_or_default()
    )
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
    use crate::score::result::LINES;

    fn page(scores: &BTreeMap<&str, Score>, before: &str) -> String {
        let has = BTreeSet::from(["sqs".to_owned()]);
        let cannot_pass = "tests/aws/services/sqs/c | it asks for hardware\ntests/aws/services/sqs/a | it passes by now\n";
        Page { services: &["sns", "sqs"], before, has: &has, cannot_pass }.text(scores)
    }

    #[test]
    fn figures_of_services_that_were_not_run_stay() {
        let first = page(&BTreeMap::from([("sqs", Score { resident: Some(7), ..Score::read(LINES) })]), "");
        assert!(first.contains("| sqs | 3 | 1 | 33 % | 1 | 1 | 0 | 0 | 0 | 7 |"), "{first}");
        let section = "## sqs: not written\n\n- 1: sqs: X\n\nWhat else cannot pass here (`xtask/cannot_pass.txt`):\n\n- 1: it asks for hardware\n";
        assert!(first.ends_with(section), "{first}");
        let other = Score { passed: BTreeSet::from(["tests/aws/services/sns/x".to_owned()]), ..Score::default() };
        let both = page(&BTreeMap::from([("sns", other)]), &first);
        assert!(both.contains("| sqs | 3 | 1 | 33 % |") && both.contains("| sns | 1 | 1 | 100 % |"), "{both}");
        assert!(both.ends_with(section), "{both}");
        assert_eq!(page(&BTreeMap::new(), &both), both);
    }

    #[test]
    fn what_is_not_written_has_its_reason_where_it_is_not_going_to_be() {
        let causes = ["dynamodb: CreateTable", "sqs: X", "lambda: execution of functions of the runtime java11"];
        let causes = causes.map(|what| (format!("{NOT_WRITTEN}{what}"), 1));
        let text = page(
            &BTreeMap::from([(
                "sqs",
                Score { causes: causes.into(), failed: ["1", "2", "3"].map(str::to_owned).into(), ..Score::default() },
            )]),
            "",
        );
        assert!(text.contains("- 1: dynamodb: CreateTable (the region has no such service)\n"), "{text}");
        assert!(
            text.contains("- 1: sqs: X\n") && text.contains("java11 (only functions in Python and Node.js are run)\n"),
            "{text}"
        );
    }
}
