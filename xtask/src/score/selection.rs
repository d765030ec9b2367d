//! Which tests a quick run takes.

use std::collections::BTreeSet;

use super::result::{Score, is_of};

/// Seconds that a test may take to be one of a quick run: those that wait for functions, stacks or polls take longer.
const BRIEF: f64 = 1.0;
/// Of how many brief tests a quick run takes one.
const EVERY: usize = 6;

/// The tests for quick runs, after the tests of `services` have been run; those of other services stay as they were.
pub(super) fn choose<'a>(before: &'a str, services: impl Iterator<Item = (&'a str, &'a Score)>) -> BTreeSet<&'a str> {
    let mut chosen: BTreeSet<&str> = before.lines().collect();
    for (service, score) in services {
        chosen.retain(|test| !is_of(test, service));
        let brief = score.seconds.iter().filter(|(_, seconds)| **seconds <= BRIEF);
        chosen.extend(brief.map(|(test, _)| test.as_str()).step_by(EVERY));
    }
    chosen
}

/// The files that the tests are in.
pub(super) fn files<'a>(tests: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    tests.filter_map(|test| Some(test.split_once("::")?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::result::LINES;

    #[test]
    fn a_quick_run_takes_brief_tests_that_passed() {
        let mut score = Score::read(LINES);
        let before = "tests/aws/services/sns/x\ntests/aws/services/sqs/old\n";
        let chosen =
            |score: &Score| choose(before, std::iter::once(("sqs", score))).into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(chosen(&score), ["tests/aws/services/sns/x", "tests/aws/services/sqs/a"]);
        score.seconds.insert("tests/aws/services/sqs/a".to_owned(), 2.0);
        assert_eq!(chosen(&score), ["tests/aws/services/sns/x"]);
    }

    #[test]
    fn a_file_with_many_tests_is_collected_once() {
        let files = files(["a/t.py::A::x", "a/t.py::y", "b/t.py::z"].into_iter());
        assert_eq!(files.into_iter().collect::<Vec<_>>(), ["a/t.py", "b/t.py"]);
    }
}
