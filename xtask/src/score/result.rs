//! What became of the tests that were run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A line of the plugin's.
#[derive(Debug, Deserialize)]
struct Outcome {
    test: String,
    outcome: String,
    cause: Option<String>,
    #[serde(default)]
    seconds: f64,
}

/// What became of a service's tests.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Score {
    pub passed: BTreeSet<String>,
    pub failed: BTreeSet<String>,
    /// How many failed, by cause.
    pub causes: BTreeMap<String, usize>,
    /// Seconds that each test took, with what it prepares and removes.
    pub seconds: BTreeMap<String, f64>,
    /// Memory of the region after all of the tests, in MiB.
    pub resident: Option<u64>,
}

impl Score {
    /// From the plugin's lines. What was not run counts for nothing; of a test that was run again the last line counts.
    pub(super) fn read(lines: &str) -> Self {
        let mut score = Self::default();
        let read = lines.lines().filter_map(|line| serde_json::from_str::<Outcome>(line).ok());
        let last: BTreeMap<String, Outcome> = read.map(|one| (one.test.clone(), one)).collect();
        for one in last.into_values() {
            match one.outcome.as_str() {
                "passed" => {
                    score.seconds.insert(one.test.clone(), one.seconds);
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
}

/// Whether a test is one of a service.
pub(super) fn is_of(test: &str, service: &str) -> bool {
    test.strip_prefix("tests/aws/services/").and_then(|rest| rest.strip_prefix(service)).is_some_and(|rest| rest.starts_with('/'))
}

/// Tests that passed before, and failed now.
pub(super) fn lost<'a>(known: &BTreeSet<&'a str>, scores: impl Iterator<Item = &'a Score>) -> Vec<&'a str> {
    let failed: BTreeSet<&str> = scores.flat_map(|score| score.failed.iter().map(String::as_str)).collect();
    known.iter().copied().filter(|test| failed.contains(test)).collect()
}

#[cfg(test)]
pub(super) const LINES: &str = r#"{"test": "tests/aws/services/sqs/a", "outcome": "passed", "cause": null, "seconds": 0.5}
{"test": "tests/aws/services/sqs/b", "outcome": "failed", "cause": "not written: sqs: X", "seconds": 0.5}
{"test": "tests/aws/services/sqs/c", "outcome": "failed", "cause": "another answer", "seconds": 0.5}
{"test": "tests/aws/services/sqs/d", "outcome": "not_run", "cause": null, "seconds": 0.5}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_test_that_was_run_again_the_last_result_counts() {
        let line = |outcome: &str| format!(r#"{{"test": "t", "outcome": "{outcome}", "cause": "c", "seconds": 0.5}}"#);
        let score = Score::read(&[line("failed"), line("passed")].join("\n"));
        assert_eq!((score.passed.len(), score.failed.len(), score.causes.len()), (1, 0, 0));
    }

    #[test]
    fn a_test_that_passed_before_and_fails_is_lost_and_one_that_did_not_run_is_not() {
        let score = Score::read(LINES);
        let names = ["a", "c", "d"].map(|name| format!("tests/aws/services/sqs/{name}"));
        let known: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(lost(&known, std::iter::once(&score)), ["tests/aws/services/sqs/c"]);
        assert!(is_of("tests/aws/services/s3/x", "s3") && !is_of("tests/aws/services/s3control/x", "s3"));
    }
}
