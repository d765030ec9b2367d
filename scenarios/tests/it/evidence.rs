//! Evidence of a drill: what it says, and that nobody can change it unseen.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{nightproof, said};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The one record in the folder.
pub(crate) fn record(folder: &Path) -> (PathBuf, Value) {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    let text = read(&found[0]);
    (found[0].clone(), serde_json::from_str(&text).expect("a document"))
}

#[test]
fn evidence_is_written_verified_and_refused_once_it_is_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| nightproof(folder.path(), arguments);
    std::fs::write(folder.path().join("nightproof.yaml"), "version: 1\nbudgets: {rto: 5m}\n").expect("a drill file");
    assert_eq!(run(&["keys"]).status.code(), Some(0));
    let ended = run(&["run", "--journal", "journal", "--evidence", "good", "--evidence-key", "nightproof.key"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let (path, good) = record(&folder.path().join("good"));
    assert_eq!((&good["result"], &good["drill"]["cloud"]), (&"passed".into(), &"embedded".into()));
    assert_eq!(good["budgets"][0]["result"], "held", "{good:#}");
    let steps: Vec<&Value> = good["checks"].as_array().expect("checks").iter().map(|check| &check["step"]).collect();
    assert!(steps.contains(&&Value::from("restore")), "{steps:?}");
    // The journal is the one that was written.
    let lines = good["journal"]["lines"].as_u64().expect("a number");
    let digest = format!("head -n {lines} journal | sha256sum");
    let digest = std::process::Command::new("sh").args(["-c", &digest]).current_dir(folder.path()).output().expect("a digest");
    let digest = String::from_utf8_lossy(&digest.stdout).split_whitespace().next().map(str::to_owned);
    assert_eq!(digest.as_deref(), good["journal"]["sha256"].as_str());
    let verify = || run(&["verify-evidence", "good", "--key", "nightproof.pub"]);
    assert_eq!(verify().status.code(), Some(0), "{}", said(&verify()));
    let text = read(&path);
    std::fs::write(&path, text.replacen("\"passed\"", "\"Passed\"", 1)).expect("a file");
    assert_eq!(verify().status.code(), Some(1));
    assert!(said(&verify()).contains("is not to be believed"), "{}", said(&verify()));
    std::fs::write(&path, &text).expect("a file");
    let day = good["drill"]["ended"].as_str().and_then(|ended| ended.split_once('T')).expect("a time").0;
    let book = |from: &str, to: &str| {
        run(&["evidence", "book", "good", "--from", from, "--to", to, "--key", "nightproof.pub", "--output", "book.html"])
    };
    let made = book(day, day);
    assert!(made.status.code() == Some(0) && said(&made).contains("1 drills, 1 passed; 0 days"), "{}", said(&made));
    assert!(read(&folder.path().join("book.html")).contains("Days without a drill that passed"));
    assert_eq!(book("2001-01-01", "2001-01-02").status.code(), Some(1));
}

#[test]
fn evidence_has_what_was_tried_and_what_would_have_been_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| nightproof(folder.path(), arguments);
    assert_eq!(run(&["keys"]).status.code(), Some(0));
    std::fs::write(folder.path().join("nightproof.yaml"), "version: 1\nattack: true\n").expect("a drill file");
    let ended = run(&["run", "--evidence", "attacked", "--evidence-key", "nightproof.key"]);
    // What may be hidden is a finding, which fails the bundled stack's drill.
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    let (_, attacked) = record(&folder.path().join("attacked"));
    let attempts = attacked["attack"].as_array().expect("attempts");
    let with = |effect: &str| attempts.iter().filter(|attempt| attempt["effect"] == effect).count();
    assert!(with("refused") > 10 && with("hidden") > 0 && with("destroyed") > 0, "{attacked:#}");
    assert!(attacked.get("controls").is_none(), "{attacked:#}");
    std::fs::write(folder.path().join("nightproof.yaml"), "version: 1\n").expect("a drill file");
    let only = ["--only", "archive-missing", "--only", "byte-changed"];
    let ended = run(&[&["prove", "--evidence", "proven", "--evidence-key", "nightproof.key"], &only[..]].concat());
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let (path, proven) = record(&folder.path().join("proven"));
    let controls = proven["controls"].as_array().expect("controls");
    let results: Vec<(&str, &str)> =
        controls.iter().map(|one| (one["id"].as_str().unwrap_or(""), one["result"].as_str().unwrap_or(""))).collect();
    assert_eq!(results, [("archive-missing", "noticed"), ("byte-changed", "noticed")]);
    assert!(read(&path.with_extension("html")).contains("Would it have been noticed?"));
    let verified = run(&["verify-evidence", "proven", "--key", "nightproof.pub"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn a_drill_that_failed_is_evidence_too_and_without_a_key_nothing_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| nightproof(folder.path(), arguments);
    assert_eq!(run(&["keys"]).status.code(), Some(0));
    assert_eq!(run(&["keys"]).status.code(), Some(2), "keys were overwritten");
    std::fs::write(folder.path().join("nightproof.yaml"), "version: 1\ndue: 2\n").expect("a drill file");
    let ended = run(&["run", "--evidence", "bad", "--evidence-key", "nightproof.key"]);
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    let (_, bad) = record(&folder.path().join("bad"));
    assert_eq!((&bad["result"], &bad["weakness"]["point"]), (&"failed".into(), &"object".into()), "{bad:#}");
    let ended = run(&["run", "--evidence", "none"]);
    assert!(ended.status.code() == Some(2) && said(&ended).contains("there is no key to sign"), "{}", said(&ended));
    assert!(!folder.path().join("none").exists());
}
