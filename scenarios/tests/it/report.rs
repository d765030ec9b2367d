//! Reports of drills: written at their end, or made later from the journal.

use std::fs;

use crate::command::{nightproof, said};

#[test]
fn a_report_made_later_is_the_one_that_was_made_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join("template.yaml");
    fs::write(&template, nightproof_scenarios::BUNDLED.replace("gzip -t \"$archive\"", "exit 3")).expect("a template");
    let drill = ["run", "--template", "template.yaml", "--journal", "j", "--report", "a.html", "--report", "a.xml"];
    let ended = nightproof(folder.path(), &drill);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    let later = nightproof(folder.path(), &["report", "j", "--output", "b.html", "-o", "b.xml"]);
    assert_eq!(later.status.code(), Some(0), "{}", said(&later));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a report");
    assert!(read("a.html") == read("b.html") && read("a.xml") == read("b.xml"));
    assert!(read("a.html").contains(">It broke at script</h2><p>the script on i-"), "{}", read("a.html"));
    let resource = "<td class=\"name\">BackupBucket</td><td>AWS::S3::Bucket</td><td>nightproof-";
    assert!(read("a.html").contains(resource), "{}", read("a.html"));
    let junit = read("a.xml");
    assert!(junit.contains("failures=\"1\"") && junit.contains("exit code 3") && junit.contains("type=\"script\""), "{junit}");
}

#[test]
fn a_form_that_is_not_known_is_refused_before_the_drill() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = nightproof(folder.path(), &["run", "--report", "report.pdf"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains("`report.pdf`") && !said(&ended).contains("deploy"), "{}", said(&ended));
}

#[test]
fn access_writes_reports_of_its_drill() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = nightproof(folder.path(), &["access", "--journal", "j", "--report", "a.html", "--report", "a.xml"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let later = nightproof(folder.path(), &["report", "j", "--output", "b.html"]);
    assert_eq!(later.status.code(), Some(0), "{}", said(&later));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a report");
    assert!(read("a.html") == read("b.html") && read("a.html").contains("The backup restores"));
    assert!(read("a.xml").contains("failures=\"0\""), "{}", read("a.xml"));
}

#[test]
fn a_region_has_no_junit() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("j"), "").expect("a journal without a drill");
    for arguments in [&["up", "--report", "r.xml"][..], &["report", "j", "-o", "r.xml"]] {
        let refused = nightproof(folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("there is no drill for `r.xml` to tell of"), "{}", said(&refused));
    }
    assert!(!folder.path().join("r.xml").exists());
}

#[test]
fn a_file_that_is_no_journal_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("j"), "nonsense\n").expect("a file");
    let ended = nightproof(folder.path(), &["report", "j", "-o", "r.html"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains("`j`, line 1: "), "{}", said(&ended));
    assert!(!folder.path().join("r.html").exists());
}
