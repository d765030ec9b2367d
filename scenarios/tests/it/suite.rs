//! `nightproof suite`: many drill files, together and in parts.

use std::fs;
use std::path::Path;

use nightproof_scenarios::BUNDLED;

use crate::command::{nightproof, said};

/// A suite of a stack that is good, one whose upload is denied, and one without a template.
fn suite(folder: &Path) {
    let upload = "\"s3:PutObject\"";
    let denied = BUNDLED.replace("s3:PutObject", "s3:PutObjectTagging");
    assert_ne!(denied, BUNDLED, "the bundled stack lets its instances call {upload}");
    for (name, template) in [("good", Some(BUNDLED)), ("denied", Some(denied.as_str())), ("missing", None)] {
        let stack = folder.join("stacks").join(name);
        fs::create_dir_all(&stack).expect("a folder");
        fs::write(stack.join("nightproof.yaml"), "version: 1\ntemplate: template.yaml\n").expect("a drill file");
        if let Some(template) = template {
            fs::write(stack.join("template.yaml"), template).expect("a template");
        }
    }
    fs::write(folder.join("nightproof.suite.yaml"), "drills: ['stacks/*/nightproof.yaml']\n").expect("a suite");
}

#[test]
fn a_suite_has_a_row_and_a_case_for_each_drill_and_the_worst_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    suite(folder.path());
    let ended = nightproof(folder.path(), &["suite", "--jobs", "2", "--report", "all.html", "--report", "all.xml"]);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    assert!(said(&ended).contains("1 of 3 drills passed"), "{}", said(&ended));
    assert!(said(&ended).contains("stacks/denied/nightproof.yaml broke at script"), "{}", said(&ended));
    let junit = fs::read_to_string(folder.path().join("all.xml")).expect("JUnit");
    assert!(junit.contains("tests=\"3\"") && junit.contains("failures=\"1\"") && junit.contains("errors=\"1\""), "{junit}");
    let page = fs::read_to_string(folder.path().join("all.html")).expect("a page");
    assert!(page.contains("stacks_good_nightproof.yaml.html"), "{page}");
    assert!(folder.path().join("nightproof-suite/stacks_denied_nightproof.yaml.journal.jsonl").exists());

    // The same in parts.
    for part in ["1", "2"] {
        let ended = nightproof(folder.path(), &["suite", "--partition", &format!("hash:{part}/2"), "--out", part]);
        assert!(said(&ended).contains("of 3 drills\n"), "{}", said(&ended));
    }
    let merged = nightproof(folder.path(), &["report", "merge", "1", "2", "--output", "merged.xml"]);
    assert_eq!(merged.status.code(), Some(1), "{}", said(&merged));
    assert!(said(&merged).contains("1 of 3 drills passed"), "{}", said(&merged));
}

#[test]
fn a_suite_that_names_nothing_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("s.yaml"), "drills: [nowhere.yaml]\n").expect("a suite");
    let ended = nightproof(folder.path(), &["suite", "s.yaml"]);
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains("`nowhere.yaml` names no file"), "{}", said(&ended));
}
