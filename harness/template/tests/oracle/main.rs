//! Texts as they are read here and by PyYAML, which reads YAML 1.1 as CloudFormation does. `cargo xtask yaml` gets PyYAML and the templates.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nightproof_template::to_json;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;

/// The largest text that is compared, bytes: what a template in a bucket may have.
const LARGEST: u64 = 1_000_000;

fn variable(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask yaml`")))
}

fn pyyaml(texts: &[String]) -> Vec<(String, Value)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/pyyaml.py");
    let mut command = Command::new(variable("NIGHTPROOF_PYTHON"));
    let mut python = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let input = serde_json::to_vec(texts).unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What differs between the two readings, if something does. What is YAML but no template is not compared.
fn difference(text: &str, verdict: &str, theirs: &Value) -> Option<String> {
    let is_malformed = |message: &str| message.contains("YAML not well-formed");
    match (to_json(text), verdict) {
        (Ok(ours), "read") => (ours != *theirs).then(|| format!("read as {ours}, by PyYAML as {theirs}")),
        (Ok(ours), "refused") => Some(format!("read as {ours}, refused by PyYAML: {theirs}")),
        (Err(error), "read") => is_malformed(&error.message).then(|| format!("refused: {error}; PyYAML reads {theirs}")),
        _ => None,
    }
}

fn compare(named: &[(String, String)]) -> Vec<String> {
    let texts: Vec<String> = named.iter().map(|(_, text)| text.clone()).collect();
    let verdicts = pyyaml(&texts);
    assert_eq!(verdicts.len(), texts.len());
    let pairs = named.iter().zip(&verdicts);
    pairs
        .filter_map(|((name, text), (verdict, theirs))| Some(format!("{name}: {}", difference(text, verdict, theirs)?)))
        .collect()
}

fn templates(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            templates(&path, found);
            continue;
        }
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_small = path.metadata().unwrap().len() <= LARGEST;
        if is_small
            && ["yaml", "yml", "json", "template"].contains(&extension)
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
#[ignore = "needs PyYAML and a folder of templates: cargo xtask yaml"]
fn templates_are_read_as_pyyaml_reads_them() {
    let mut found = Vec::new();
    templates(&variable("NIGHTPROOF_TEMPLATES"), &mut found);
    assert!(found.len() > 200, "{} templates", found.len());
    let differences = compare(&found);
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), found.len(), differences.join("\n"));
}

#[test]
#[ignore = "needs PyYAML: cargo xtask yaml"]
fn texts_of_yamls_pieces_are_read_as_pyyaml_reads_them() {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "c:",
        " ",
        "  ",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "-",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        "\"",
        "| ",
        "|\n  ",
        ">-\n  ",
        "# x",
        "!Ref ",
        "!Sub ",
        "&x ",
        "1",
        "017",
        "1_0",
        "0x1f",
        "1:30",
        "1.10",
        "yes",
        "No",
        "~",
        "null",
        "'it''s'",
        "\"\\u0041\\n\"",
        "? ",
        "é",
        "\\",
        "%",
        "@",
    ]);
    let strategy = prop::collection::vec(piece, 1..14).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    let drawn = (0..4000).map(|index| {
        let text = strategy.new_tree(&mut runner).unwrap().current();
        (format!("text {index} {text:?}"), text)
    });
    let drawn: Vec<(String, String)> = drawn.collect();
    let differences = compare(&drawn);
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), drawn.len(), differences.join("\n"));
}
