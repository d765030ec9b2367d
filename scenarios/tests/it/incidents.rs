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

/// An expectation that is none of those that are refused.
const EXPECT: &str = "expect: {result: failed, hop: script}\n";

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

/// The bundled stack without its access log, in which nothing else is wrong.
const UNLOGGED: &str = "replace:
  - {old: \"      LoggingConfiguration:\\n        DestinationBucketName: !Ref LogBucket\\n        LogFilePrefix: access/\\n\", new: \"\"}
";

#[rstest]
#[case::where_it_is_named("{result: passed, finding: no-access-log, says: [give it a LoggingConfiguration]}", 0, "REPRODUCED", 1)]
#[case::of_another_name(
    "{result: passed, finding: open-port}",
    1,
    "the drill has no finding `open-port`: it has no-access-log",
    0
)]
#[case::unnamed("{result: passed}", 0, "REPRODUCED", 0)]
#[case::named_beside_any_failure(
    "{result: failed, says: [give it a LoggingConfiguration], finding: no-access-log}",
    1,
    "nothing says `give it a LoggingConfiguration`",
    1
)]
#[case::taken_for_a_failure("{result: failed, says: [no-access-log]}", 1, "the drill passed, and was to be failed", 0)]
fn a_finding_counts_only_where_the_file_names_it(
    #[case] expect: &str,
    #[case] code: i32,
    #[case] text: &str,
    #[case] code_of_fixed: i32,
) {
    let (_folder, file) = written(&format!("{HEAD}{UNLOGGED}expect: {expect}\n"));
    let ended = reproduce(&file, &[]);
    assert_eq!(ended.status.code(), Some(code), "{}", said(&ended));
    assert!(said(&ended).contains(text), "{}", said(&ended));
    let fixed = reproduce(&file, &["--expect-fixed"]);
    assert_eq!(fixed.status.code(), Some(code_of_fixed), "{}", said(&fixed));
    let verdict = if code_of_fixed == 0 { "\nFIXED" } else { "NOT FIXED: the drill still has the finding `no-access-log`" };
    assert!(said(&fixed).contains(verdict), "{}", said(&fixed));
}

#[test]
fn a_drill_that_could_not_go_on_reproduces_nothing() {
    let (_folder, file) =
        written(&format!("{HEAD}before: [{{script: exit 3}}]\nexpect: {{result: failed, says: [script is Failed]}}\n"));
    let ended = reproduce(&file, &[]);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    assert!(said(&ended).contains("not as described: no hop of the chain broke"), "{}", said(&ended));
}

#[rstest]
#[case::an_unknown_word(&format!("{HEAD}colour: red\n{EXPECT}"), "incident.yaml: ", "line 5")]
#[case::no_expectation(HEAD, "incident.yaml: ", "expect")]
#[case::another_version(&format!("{}{EXPECT}", HEAD.replace('1', "9")), "has version 9, this nightproof reads 1", "line 1")]
#[case::no_yaml("version: [", "incident.yaml: ", "line")]
#[case::a_replacement_of_nothing(&format!("{HEAD}replace: [{{old: xyzzy, new: a}}]\n{EXPECT}"), "0 times, not once", "xyzzy")]
#[case::another_machine(&format!("{HEAD}machine: vm\n{EXPECT}"), "unknown variant `vm`", "line 5")]
#[case::a_night_that_does_not_come(&format!("{HEAD}nights: 2\nfirst_night: 3\n{EXPECT}"), "first_night is 3, and may be 1 to 2", "line 6 column 14")]
#[case::a_disk_of_no_size(&format!("{HEAD}disk_mib: 0\n{EXPECT}"), "disk_mib is 0, and may be 1 to 4096", "line 5")]
#[case::no_night(&format!("{HEAD}nights: 0\n{EXPECT}"), "nights is 0, and may be 1 to 366", "line 5")]
#[case::a_failure_of_any_kind(&format!("{HEAD}expect: {{result: failed}}\n"), "any failure would meet `result: failed`", "line 5")]
#[case::offline_for_less_than_nothing(&format!("{HEAD}before: [{{instance: {{offline: -1}}}}]\n{EXPECT}"), "a number of seconds, or `always`", "line 5")]
#[case::offline_for_a_while(&format!("{HEAD}before: [{{instance: {{offline: a while}}}}]\n{EXPECT}"), "a number of seconds, or `always`", "line 5")]
#[case::more_than_a_processor(&format!("{HEAD}before: [{{instance: {{cpu_percent: 101}}}}]\n{EXPECT}"), "1 to 100", "line 5")]
#[case::a_clock_that_is_wrong_by_nothing(&format!("{HEAD}before: [{{instance: {{clock: soon}}}}]\n{EXPECT}"), "a duration with its sign, as +3h or -90m", "line 5")]
#[case::a_disk_that_stands_still(&format!("{HEAD}before: [{{instance: {{disk_kib_per_second: 0}}}}]\n{EXPECT}"), "KiB a second, 1 to", "line 5")]
#[case::no_processor(&format!("{HEAD}faults: [{{when: {{}}, then: {{instance: {{cpu_percent: 0}}}}}}]\n{EXPECT}"), "1 to 100", "line 5")]
#[case::a_delay_of_less_than_nothing(&format!("{HEAD}faults: [{{when: {{}}, then: {{delay: -1}}}}]\n{EXPECT}"), "a number of seconds, 0 or more", "line 5")]
#[case::an_error_that_succeeds(&format!("{HEAD}faults: [{{when: {{}}, then: {{error: {{code: A, status: 200}}}}}}]\n{EXPECT}"), "400 to 599", "line 5")]
#[case::a_fault_without_effect(&format!("{HEAD}faults: [{{when: {{service: s3}}}}]\n{EXPECT}"), "then", "line 5")]
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
    let (_folder, file) = written(&format!("{HEAD}{word}\n{EXPECT}"));
    let ended = reproduce(&file, &["--machine", "container"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains(why) && said(&ended).contains("--machine sandbox"), "{}", said(&ended));
}

/// Members that make something go wrong.
const MISHAPS: [&str; 6] = ["replace", "before", "faults", "first_night", "disk_mib", "parameters"];

/// A file of the library without what goes wrong in it.
fn without_mishaps(text: &str) -> String {
    let mut kept = true;
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some((member, _)) = line.split_once(':').filter(|(member, _)| !member.starts_with([' ', '#', '-'])) {
            kept = !MISHAPS.contains(&member);
        }
        lines.extend(kept.then_some(line));
    }
    lines.join("\n")
}

#[rstest]
fn an_incident_does_not_show_without_what_goes_wrong(#[files("incidents/*.yaml")] file: PathBuf) {
    let text = std::fs::read_to_string(&file).expect("a file");
    let (_folder, file) = written(&without_mishaps(&text));
    let ended = reproduce(&file, &["--machine", "sandbox"]);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    assert!(said(&ended).contains("PASSED: the backup restores."), "{}", said(&ended));
    assert!(said(&ended).contains("not as described: ") && said(&ended).contains("NOT REPRODUCED"), "{}", said(&ended));
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
