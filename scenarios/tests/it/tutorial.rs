//! The tutorial of the book: its shell blocks are run one after the other as they stand, and say what stands below them.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::command::{PROGRAM, said};

const TUTORIAL: &str = include_str!("../../../docs/tutorial.md");

/// A fenced block: its language and its text.
struct Block<'a> {
    language: &'a str,
    text: &'a str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let fenced = page.split("\n```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n')).map(|(language, text)| Block { language, text }).collect()
}

/// Runs a block in a shell that stops at the first command that fails.
fn run(folder: &Path, script: &str) -> String {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", script]).current_dir(folder.join("work")).env("PATH", path);
    let ended = shell.env("XDG_STATE_HOME", folder.join("state")).output().expect("bash");
    assert!(ended.status.success(), "{script}\n{}", said(&ended));
    said(&ended)
}

/// Whether a line of the page, in which `…` stands for anything, is a line of what was said.
fn matches(expected: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = expected.split('…').map(str::trim);
    let Some(beginning) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = beginning;
    parts.all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    }) && (expected.ends_with('…') || rest.is_empty())
}

#[test]
fn what_the_tutorial_tells_a_reader_to_run_says_what_it_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["bin", "work"] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    symlink(PROGRAM, folder.path().join("bin/nightproof")).expect("a link");
    let (mut last, mut checked) = (String::new(), 0);
    for block in blocks(TUTORIAL) {
        match block.language {
            "sh" => last = run(folder.path(), block.text),
            "text" => {
                for expected in block.text.lines() {
                    assert!(last.lines().any(|line| matches(expected, line)), "nothing says `{expected}`:\n{last}");
                    checked += 1;
                }
            }
            other => panic!("a block of the language `{other}` is run by nobody"),
        }
    }
    assert_eq!(checked, 9);
    let written = |name: &str| std::fs::read_to_string(folder.path().join("work").join(name)).expect("a file");
    assert!(written("broken.html").contains("s3:PutObject") && written("drill.xml").contains("<testsuite"));
    assert!(written("nightproof.yaml").contains("backup.yaml"));
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(matches("ok … deploy … resources", "ok   deploy  0.1 s  7 resources"));
    assert!(!matches("ok … deploy … resources", "FAIL deploy  0.1 s  7 resources"));
    assert!(!matches("FAILED", "FAILED twice") && matches("FAIL …", "FAIL observe"));
}
