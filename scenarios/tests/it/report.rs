//! Reports of drills: written at their end, or made later from the journal.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{firedrill, said};

#[test]
fn a_report_made_later_is_the_one_that_was_made_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join("template.yaml");
    fs::write(&template, firedrill_scenarios::BUNDLED.replace("gzip -t \"$archive\"", "exit 3")).expect("a template");
    let drill = ["run", "--template", "template.yaml", "--journal", "j", "--report", "a.html", "--report", "a.xml"];
    let ended = firedrill(folder.path(), &drill);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    let later = firedrill(folder.path(), &["report", "j", "--output", "b.html", "-o", "b.xml"]);
    assert_eq!(later.status.code(), Some(0), "{}", said(&later));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a report");
    assert!(read("a.html") == read("b.html") && read("a.xml") == read("b.xml"));
    assert!(read("a.html").contains("It broke at script: </strong>the script on i-"), "{}", read("a.html"));
    let resource = "<td class=\"name\">BackupBucket</td><td>AWS::S3::Bucket</td><td>firedrill-";
    assert!(read("a.html").contains(resource), "{}", read("a.html"));
    let junit = read("a.xml");
    assert!(junit.contains("failures=\"1\"") && junit.contains("exit code 3") && junit.contains("type=\"script\""), "{junit}");
    shows_in_a_browser(&folder.path().join("a.html"));
}

/// The page's own script has run: calls are listed. Where there is no browser, that is said and not known.
fn shows_in_a_browser(page: &Path) {
    let address = format!("file://{}", page.display());
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom", &address];
    let Ok(shown) = Command::new("chromium").args(flags).output() else {
        eprintln!("no chromium here: the page was not looked at");
        return;
    };
    let dom = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(dom.contains("<td class=\"name\">SendCommand</td>") && dom.contains(" calls</span>"), "{dom}");
}

#[test]
fn a_form_that_is_not_known_is_refused_before_the_drill() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = firedrill(folder.path(), &["run", "--report", "report.pdf"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains("`report.pdf`") && !said(&ended).contains("deploy"), "{}", said(&ended));
}

#[test]
fn a_file_that_is_no_journal_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("j"), "nonsense\n").expect("a file");
    let ended = firedrill(folder.path(), &["report", "j", "-o", "r.html"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains("`j`, line 1: "), "{}", said(&ended));
    assert!(!folder.path().join("r.html").exists());
}
