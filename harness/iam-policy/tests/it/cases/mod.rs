//! The cases of `tests/cases`: every file is one test, every row of it a case. The README there explains rows and provenance.

mod decision;
mod file;
mod row;

use std::path::PathBuf;

use rstest::rstest;

use file::CaseFile;

#[rstest]
fn every_case_comes_out_as_documented(#[files("tests/cases/*.json")] path: PathBuf) {
    let text = std::fs::read_to_string(&path).unwrap();
    let file: CaseFile = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!file.pages.is_empty(), "no provenance");
    let outcomes = file.run();
    assert!(!outcomes.is_empty(), "no cases");
    let failures: Vec<_> =
        outcomes.iter().filter_map(|(name, outcome)| Some(format!("{name}: {}", outcome.as_ref().err()?))).collect();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), outcomes.len(), failures.join("\n"));
}

#[test]
fn there_are_at_least_three_hundred_cases_and_no_two_of_a_file_share_a_name() {
    let mut count = 0;
    for entry in std::fs::read_dir("tests/cases").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let file: CaseFile = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let mut names: Vec<_> = file.run().into_iter().map(|(name, _)| name).collect();
            count += names.len();
            names.sort();
            let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
            assert!(twice.is_empty(), "{}: {twice:?}", path.display());
        }
    }
    assert!(count >= 300, "{count} cases");
}
