//! The section `commands`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-commands>

use std::process::Command;

use serde_json::{Map, Value};

use super::log::Log;
use super::program::{self, Ended};
use super::users::sorted;
use crate::commands::environment::certificates;

/// Runs commands in the order of their names; returns the names of those that ran.
pub(super) fn run(section: &Map<String, Value>, log: &Log) -> Result<Vec<String>, String> {
    let mut ran = Vec::new();
    for (name, attributes) in sorted(section) {
        let Some(line) = attributes.get("command") else {
            log.error(format!("No command specified for {name}"));
            return Err(format!("{name} does not specify the 'command' attribute, which is required"));
        };
        if let Some(test) = attributes.get("test") {
            let tested = execute(test, attributes, log)?;
            log.debug(format!("Test command output: {}", tested.text()));
            if tested.code != 0 {
                log.info(format!("Test failed with code {}", tested.code));
                continue;
            }
        }
        let ended = execute(line, attributes, log)?;
        log.command(name, &ended.output, ended.code);
        if ended.code == 0 {
            log.info(format!("Command {name} succeeded"));
        } else {
            log.error(format!("Command {name} ({line}) failed"));
            log.debug(format!("Command {name} output: {}", ended.text()));
            if !is_true(attributes.get("ignoreErrors")) {
                return Err(format!("Command {name} failed"));
            }
            log.info("ignoreErrors set to true, continuing build");
        }
        ran.push(name.clone());
    }
    Ok(ran)
}

/// Runs a line by the shell, or a list as a program with its arguments, with the attributes' folder and environment. Variables that are given
/// take the place of all others.
fn execute(line: &Value, attributes: &Value, log: &Log) -> Result<Ended, String> {
    let words: Vec<&str> = line.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut command = match (line.as_str(), words.split_first()) {
        (Some(text), _) => {
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(text);
            shell
        }
        (None, Some((program, arguments))) => {
            let mut command = Command::new(program);
            command.args(arguments);
            command
        }
        (None, None) => return Err(format!("a command is a text or a list of texts, and not {line}")),
    };
    if let Some(variables) = attributes.get("env").and_then(Value::as_object).filter(|variables| !variables.is_empty()) {
        command.env_clear().envs(certificates());
        for (name, value) in variables {
            command.env(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    }
    if let Some(folder) = attributes.get("cwd").and_then(Value::as_str) {
        let folder = folder.strip_prefix('~').map_or_else(|| folder.to_owned(), |rest| format!("/root{rest}"));
        if !std::path::Path::new(&folder).is_dir() {
            return Err(format!("[Errno 2] No such file or directory: '{folder}'"));
        }
        command.current_dir(folder);
    }
    log.debug(format!("Running {line}"));
    program::run(&mut command).map_err(|error| format!("{line}: {error}"))
}

/// What the scripts take for true.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(is)) => *is,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(Value::String(text)) => ["true", "yes", "y", "1"].contains(&text.trim().to_lowercase().as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run_all(section: Value) -> Result<Vec<String>, String> {
        run(section.as_object().unwrap(), &Log::none())
    }

    #[test]
    fn commands_run_in_the_order_of_their_names_with_their_folder_and_environment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let section = json!({
            "20_second": {"command": ["/bin/sh", "-c", "pwd >> out"], "cwd": path},
            "10_first": {"command": "echo $A-$SECRET > out", "cwd": path, "env": {"A": "1"}},
            "30_skipped": {"command": "echo no >> out", "cwd": path, "test": "exit 1"},
            "40_tested": {"command": "echo yes >> out", "cwd": path, "test": "test -f out"},
            "50_ignored": {"command": "exit 3", "ignoreErrors": "true"},
        });
        assert_eq!(run_all(section).unwrap(), ["10_first", "20_second", "40_tested", "50_ignored"]);
        let written = std::fs::read_to_string(folder.path().join("out")).unwrap();
        assert_eq!(written, format!("1-\n{}\nyes\n", folder.path().canonicalize().unwrap().display()));
    }

    #[test]
    fn a_command_that_fails_ends_the_build() {
        assert_eq!(run_all(json!({"a": {"command": "exit 3"}, "b": {"command": "true"}})), Err("Command a failed".to_owned()));
        assert!(run_all(json!({"a": {}})).unwrap_err().contains("does not specify the 'command' attribute"));
        let nowhere = run_all(json!({"a": {"command": "true", "cwd": "/no/such"}}));
        assert_eq!(nowhere.unwrap_err(), "[Errno 2] No such file or directory: '/no/such'");
    }

    #[test]
    fn true_is_told_in_words_and_numbers() {
        for yes in [json!(true), json!("True"), json!("yes"), json!(1), json!("1")] {
            assert!(is_true(Some(&yes)), "{yes}");
        }
        for no in [json!(false), json!("no"), json!("0"), json!(null)] {
            assert!(!is_true(Some(&no)), "{no}");
        }
    }
}
