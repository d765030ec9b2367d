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
    let put =
        json!({ "Effect": "Allow", "Action": ["s3:CreateBucket", "s3:PutBucketVersioning", "s3:PutObject"], "Resource": "*" });
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
