//! The library of incidents: each file is reproduced as it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rstest::rstest;

use crate::command::{PROGRAM, said};

fn reproduce(file: &Path, arguments: &[&str]) -> Output {
    let tmp = tempfile::tempdir().expect("a folder");
    let ended = Command::new(PROGRAM).arg("reproduce").arg(file).args(arguments).env("TMPDIR", tmp.path()).output();
    let ended = ended.expect("firedrill");
    assert_eq!(std::fs::read_dir(tmp.path()).expect("the folder").count(), 0, "something is left");
    ended
}

#[rstest]
fn an_incident_shows_as_described(#[files("incidents/*.yaml")] file: PathBuf) {
    let ended = reproduce(&file, &[]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    assert!(said(&ended).contains("REPRODUCED: it shows as described"), "{}", said(&ended));
}

fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("incident.yaml");
    std::fs::write(&file, text).expect("a file");
    (folder, file)
}

const HEAD: &str = "version: 1\ntitle: t\nsource: s\nnoticed_by: n\n";

#[test]
fn an_incident_that_does_not_show_is_said() {
    let (_folder, file) = written(&format!("{HEAD}expect: {{result: failed, hop: script, uploads: 3}}\n"));
    let ended = reproduce(&file, &[]);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    for text in ["it broke at no hop, not at script", "there are 1 uploads, not 3", "NOT REPRODUCED"] {
        assert!(said(&ended).contains(text), "{text} in {}", said(&ended));
    }
    let fixed = reproduce(&file, &["--expect-fixed"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", said(&fixed));
}

#[test]
fn an_incident_that_still_happens_is_not_fixed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("incidents/data-path-gone.yaml");
    let ended = reproduce(&file, &["--expect-fixed"]);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    assert!(said(&ended).contains("NOT FIXED"), "{}", said(&ended));
}

#[rstest]
#[case::an_unknown_word(&format!("{HEAD}colour: red\nexpect: {{result: failed}}\n"), "incident.yaml: ", "line 5")]
#[case::no_expectation(HEAD, "incident.yaml: ", "expect")]
#[case::another_version(&format!("{}expect: {{result: failed}}\n", HEAD.replace('1', "9")), "has version 9", "reads 1")]
#[case::no_yaml("version: [", "incident.yaml: ", "line")]
#[case::a_replacement_of_nothing(&format!("{HEAD}replace: [{{old: xyzzy, new: a}}]\nexpect: {{result: failed}}\n"), "0 times, not once", "xyzzy")]
#[case::a_fault_without_effect(&format!("{HEAD}faults: [{{when: {{service: s3}}}}]\nexpect: {{result: failed}}\n"), "then", "line 5")]
fn a_file_that_is_none_is_refused_with_its_place(#[case] text: &str, #[case] what: &str, #[case] place: &str) {
    let (_folder, file) = written(text);
    let ended = reproduce(&file, &[]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains(what) && said(&ended).contains(place), "{}", said(&ended));
}
