//! The newest archive of an account, restored on a machine here by somebody who may only read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use nightproof_scenarios::Up;
use serde_json::{Value, json};

use crate::command::{PROGRAM, said};
use crate::up::{assert_passed, boto3};

/// An account with archives, called by somebody who may have put them there, and read as the shipped policy allows.
fn account() -> Up {
    let mut policy: Value = serde_json::from_str(include_str!("../../../stack/reader-policy.json")).expect("JSON");
    let put = json!({ "Effect": "Allow", "Action": ["s3:CreateBucket", "s3:PutBucketVersioning", "s3:PutObject", "s3:DeleteObject"], "Resource": "*" });
    policy["Statement"].as_array_mut().expect("statements").push(put);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("policy.json");
    fs::write(&file, policy.to_string()).expect("a file");
    let up = Up::start_with(PROGRAM, &["--operator-policy", &file.display().to_string()]).expect("a region");
    assert_passed(&boto3(&up, "archives.py"));
    up
}

/// As the operator, with the tools of machines that this host has already.
fn nightproof(up: &Up, arguments: &[&str]) -> Output {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"))).expect("a home");
    let mut command = up.command(Path::new(PROGRAM));
    command.args(arguments).env("XDG_CACHE_HOME", cache).stdin(Stdio::null()).output().expect("nightproof")
}

#[test]
fn the_newest_archive_is_restored_here_and_the_account_only_read() {
    let up = account();
    let ended = nightproof(&up, &["restore", "--bucket", "archives-of-somebody", "--format", "json"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let text = String::from_utf8_lossy(&ended.stdout);
    let done: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).expect("a document");
    assert_eq!((&done["archive"], &done["form"]), (&"s3://archives-of-somebody/site/b.tgz".into(), &"tar in gzip".into()));
    assert!(done["entries"].as_u64() == Some(3) && done["age_seconds"].as_u64().is_some_and(|age| age < 600), "{done:#}");
    // By a script, of the other one; what it says of itself is told.
    let write = |name: &str, text: &str| fs::write(up.home().join(name), text).expect("a file");
    write("restore.sh", "tar -xzf \"$NIGHTPROOF_OBJECTS/$NIGHTPROOF_KEYS\" -C \"$NIGHTPROOF_DATA_PATH\" --no-same-owner\n");
    write(
        "drill.yaml",
        "version: 1\nrestore: {script: restore.sh}\nfingerprint: head -c 9 \"$NIGHTPROOF_DATA_PATH\"/site/index.html\n",
    );
    let file = up.home().join("drill.yaml").display().to_string();
    let ended = nightproof(&up, &["restore", "--bucket", "archives-of-somebody", "--prefix", "site/a", "--file", &file]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    assert!(said(&ended).contains("yesterday") && said(&ended).contains("by the restore script"), "{}", said(&ended));
}

/// The last line of a restore that ended with `code`, as a document.
fn document(up: &Up, arguments: &[&str], code: i32) -> Value {
    let ended = nightproof(up, &[&["restore", "--format", "json"], arguments].concat());
    assert_eq!(ended.status.code(), Some(code), "{}", said(&ended));
    serde_json::from_str(String::from_utf8_lossy(&ended.stdout).lines().last().unwrap_or_default()).expect("a document")
}

#[test]
fn archives_and_parts_of_a_night_are_restored_together_and_an_earlier_one_is_not() {
    let up = account();
    let done = document(&up, &["--bucket", "archives-of-a-night", "--prefix", "night/", "--strict"], 0);
    let archives: Vec<(&str, &str)> = done["archives"].as_array().expect("archives").iter().map(told).collect();
    assert!(archives.contains(&("s3://archives-of-a-night/night/db-2026-11-30.sql.gz", "a file in gzip")), "{archives:?}");
    assert!(!archives.iter().any(|(key, _)| key.contains("2026-11-29")), "{archives:?}");
    let forms: Vec<&str> = archives.iter().map(|(_, form)| *form).collect();
    assert!(forms.contains(&"a copy") && forms.contains(&"tar in gzip") && forms.len() == 3, "{archives:?}");
    // A folder, two files of the site, and the dump.
    assert_eq!((&done["entries"], &done["findings"]), (&json!(4), &json!([])), "{done:#}");
    // All of them are there for a script.
    let write = |name: &str, text: &str| fs::write(up.home().join(name), text).expect("a file");
    write(
        "restore.sh",
        "cat \"$NIGHTPROOF_OBJECTS\"/night/site.tgz.a* | tar -xz --no-same-owner -C \"$NIGHTPROOF_DATA_PATH\"\nwc -l <<< \"$NIGHTPROOF_KEYS\" > \"$NIGHTPROOF_DATA_PATH/count\"\n",
    );
    write(
        "drill.yaml",
        "version: 1\narchives: {bucket: archives-of-a-night, prefix: night/}\nrestore: {script: restore.sh}\nfingerprint: cat \"$NIGHTPROOF_DATA_PATH/count\"\n",
    );
    let file = up.home().join("drill.yaml").display().to_string();
    let ended = nightproof(&up, &["restore", "--file", &file]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    // The parts, the copy and the dump.
    assert!(said(&ended).contains("\n4\n"), "{}", said(&ended));
}

fn told(archive: &Value) -> (&str, &str) {
    (archive["archive"].as_str().expect("a name"), archive["form"].as_str().expect("a form"))
}

#[test]
fn what_cannot_be_opened_beside_an_archive_and_what_is_over_its_budget_is_a_finding() {
    let up = account();
    let locked = ["--bucket", "archives-of-a-night", "--prefix", "locked/"];
    let ids =
        |done: &Value| done["findings"].as_array().expect("findings").iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    // The newest cannot be opened here.
    let ended = nightproof(&up, &[&["restore"], locked.as_slice()].concat());
    assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
    assert!(said(&ended).contains("a file encrypted by `openssl enc`; give a restore script"), "{}", said(&ended));
    let beside = ["--bucket", "archives-of-a-night", "--prefix", "beside/"];
    assert_eq!(ids(&document(&up, &beside, 0)), ["not-opened"]);
    document(&up, &[beside.as_slice(), &["--strict"]].concat(), 1);
    let file = up.home().join("drill.yaml");
    fs::write(&file, "version: 1\nbudgets: {rto: 1ms, rpo: 26h}\n").expect("a file");
    let file = file.display().to_string();
    let budgets = ["--bucket", "archives-of-somebody", "--file", &file, "--at", "2090-01-01T00:00:00Z"];
    assert_eq!(ids(&document(&up, &budgets, 0)), ["over-budget-rto", "over-budget-rpo"]);
    document(&up, &[budgets.as_slice(), &["--strict"]].concat(), 1);
}

#[test]
fn files_that_are_kept_in_step_are_restored_as_they_are() {
    let up = account();
    let done = document(&up, &["--bucket", "files-in-step", "--prefix", "htdocs/", "--plain", "--strict"], 0);
    assert_eq!((&done["form"], &done["archives"][0]["objects"], &done["bytes"]), (&json!("plain files"), &json!(2), &json!(5)));
    // Two files and a folder.
    assert_eq!(done["entries"], 3, "{done:#}");
    let script = up.home().join("restore.sh");
    fs::write(&script, "cp -r \"$NIGHTPROOF_OBJECTS/htdocs/.\" \"$NIGHTPROOF_DATA_PATH\"\n").expect("a file");
    let script = script.display().to_string();
    let by_script = ["--bucket", "files-in-step", "--prefix", "htdocs/", "--plain", "--restore-script", &script];
    assert_eq!(document(&up, &by_script, 0)["entries"], 3);
    let nothing = nightproof(&up, &["restore", "--bucket", "files-in-step", "--prefix", "nothing/", "--plain"]);
    assert_eq!(nothing.status.code(), Some(1), "{}", said(&nothing));
    let nowhere = nightproof(&up, &["restore"]);
    assert!(
        nowhere.status.code() == Some(2) && said(&nowhere).contains("nothing says where the archives are"),
        "{}",
        said(&nowhere)
    );
}

#[test]
fn a_drill_file_is_drafted_from_a_stack_of_the_account() {
    let up = Up::start(PROGRAM).expect("a region");
    assert_passed(&boto3(&up, "small_stack.py"));
    let output = up.home().join("drafted/nightproof.yaml");
    fs::create_dir(up.home().join("drafted")).expect("a folder");
    let init = || nightproof(&up, &["init", "--stack", "small", "--output", &output.display().to_string()]);
    let ended = init();
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    let file = nightproof_drill_file::DrillFile::read(&output).expect("a drill file");
    assert_eq!(file.parameters.get("Days").map(String::as_str), Some("9"));
    assert!(!file.parameters.contains_key("Password"), "{file:?}");
    let template = fs::read_to_string(file.template.expect("a template")).expect("a template");
    assert_eq!(template, include_str!("../clients/small_stack.yaml"));
    // What is there already stays.
    let again = init();
    assert!(again.status.code() == Some(2) && said(&again).contains("it stays as it is"), "{}", said(&again));
    let missing = nightproof(&up, &["init", "--stack", "nobodys", "--output", &up.home().join("x.yaml").display().to_string()]);
    assert!(missing.status.code() == Some(1) && said(&missing).contains("does not exist"), "{}", said(&missing));
}

#[test]
fn an_archive_that_does_not_restore_is_none() {
    let up = account();
    let refused = |arguments: &[&str], reason: &str| {
        let ended = nightproof(&up, &[&["restore", "--bucket"], arguments].concat());
        assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
        assert!(said(&ended).contains(reason), "{}", said(&ended));
    };
    refused(&["archives-of-nobody"], "ends early");
    refused(&["archives-of-nobody", "--at", "2001-01-01T00:00:00Z"], "there is no archive in archives-of-nobody");
    refused(&["no-such-bucket-here"], "NoSuchBucket");
}
