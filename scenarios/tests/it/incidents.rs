//! The library of incidents: each file is reproduced as it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rstest::rstest;

use crate::command::{PROGRAM, said};

fn reproduce(file: &Path, arguments: &[&str]) -> Output {
    let tmp = tempfile::tempdir().expect("a folder");
    let ended = Command::new(PROGRAM).arg("reproduce").arg(file).args(arguments).env("TMPDIR", tmp.path()).output();
    let ended = ended.expect("nightproof");
    assert_eq!(std::fs::read_dir(tmp.path()).expect("the folder").count(), 0, "something is left");
    ended
}

#[rstest]
fn an_incident_shows_as_described(#[files("incidents/*.yaml")] file: PathBuf) {
    // A container's disk has no size and is fast, nobody may mount in it, and its clock is right.
    let text = std::fs::read_to_string(&file).expect("a file");
    let sandbox =
        ["\ndisk_mib:", "\nmachine: sandbox\n", "{clock:", "{disk_kib_per_second:"].iter().any(|word| text.contains(word));
    let ended = reproduce(&file, if sandbox { &["--machine", "sandbox"] } else { &[] });
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
#[case::another_machine(&format!("{HEAD}machine: vm\nexpect: {{result: failed}}\n"), "unknown variant `vm`", "line 5")]
#[case::a_night_that_does_not_come(&format!("{HEAD}nights: 2\nfirst_night: 3\nexpect: {{result: failed}}\n"), "first_night is 3", "1 to 2")]
#[case::a_disk_of_no_size(&format!("{HEAD}disk_mib: 0\nexpect: {{result: failed}}\n"), "disk_mib is 0", "1 to 4096")]
#[case::offline_for_less_than_nothing(&format!("{HEAD}before: [{{instance: {{offline: -1}}}}]\nexpect: {{result: failed}}\n"), "a number of seconds, or `always`", "line 5")]
#[case::offline_for_a_while(&format!("{HEAD}before: [{{instance: {{offline: a while}}}}]\nexpect: {{result: failed}}\n"), "a number of seconds, or `always`", "line 5")]
#[case::more_than_a_processor(&format!("{HEAD}before: [{{instance: {{cpu_percent: 101}}}}]\nexpect: {{result: failed}}\n"), "1 to 100", "line 5")]
#[case::a_clock_that_is_wrong_by_nothing(&format!("{HEAD}before: [{{instance: {{clock: soon}}}}]\nexpect: {{result: failed}}\n"), "a duration with its sign, as +3h or -90m", "line 5")]
#[case::a_disk_that_stands_still(&format!("{HEAD}before: [{{instance: {{disk_kib_per_second: 0}}}}]\nexpect: {{result: failed}}\n"), "KiB a second, 1 to", "line 5")]
#[case::no_processor(&format!("{HEAD}faults: [{{when: {{}}, then: {{instance: {{cpu_percent: 0}}}}}}]\nexpect: {{result: failed}}\n"), "1 to 100", "line 5")]
#[case::a_delay_of_less_than_nothing(&format!("{HEAD}faults: [{{when: {{}}, then: {{delay: -1}}}}]\nexpect: {{result: failed}}\n"), "a number of seconds, 0 or more", "line 5")]
#[case::an_error_that_succeeds(&format!("{HEAD}faults: [{{when: {{}}, then: {{error: {{code: A, status: 200}}}}}}]\nexpect: {{result: failed}}\n"), "400 to 599", "line 5")]
#[case::a_fault_without_effect(&format!("{HEAD}faults: [{{when: {{service: s3}}}}]\nexpect: {{result: failed}}\n"), "then", "line 5")]
fn a_file_that_is_none_is_refused_with_its_place(#[case] text: &str, #[case] what: &str, #[case] place: &str) {
    let (_folder, file) = written(text);
    let ended = reproduce(&file, &[]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains(what) && said(&ended).contains(place), "{}", said(&ended));
}

#[rstest]
#[case::a_disk_of_a_size("disk_mib: 16", "`disk_mib`: a container's disk is as large as Docker's")]
#[case::a_clock("before: [{instance: {clock: +3h}}]", "`clock`, `disk_kib_per_second`: programs of a container's image need not")]
#[case::a_slow_disk(
    "faults: [{when: {}, then: {instance: {disk_kib_per_second: 1}}}]",
    "`clock`, `disk_kib_per_second`: programs of a container's image need not"
)]
#[case::mounts("machine: sandbox", "`machine: sandbox`: nobody may mount in a container")]
fn what_no_container_can_show_is_refused_for_containers(#[case] word: &str, #[case] why: &str) {
    let (_folder, file) = written(&format!("{HEAD}{word}\nexpect: {{result: failed}}\n"));
    let ended = reproduce(&file, &["--machine", "container"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains(why) && said(&ended).contains("--machine sandbox"), "{}", said(&ended));
}

#[test]
fn the_library_is_told_in_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let told = std::fs::read_to_string(root.join("../docs/incidents.md")).expect("the page");
    let rows: Vec<Vec<&str>> =
        told.lines().map(|line| line.split('|').map(str::trim).collect()).filter(|row: &Vec<&str>| row.len() == 5).collect();
    for entry in std::fs::read_dir(root.join("incidents")).expect("the library") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let row = rows.iter().find(|row| row[3].split(", ").any(|file| file == name));
        let row = row.unwrap_or_else(|| panic!("{name} is in no row of the library"));
        let text = std::fs::read_to_string(&path).expect("a file");
        let source = text.lines().find_map(|line| line.strip_prefix("source: ")).expect("a source");
        match source.strip_prefix("docs/incidents.md, ") {
            Some(class) => assert_eq!(class.trim_matches('"'), row[1], "{name}"),
            None => assert!(row[2].split(", ").any(|told| told == source), "{name}: {source}"),
        }
    }
}
