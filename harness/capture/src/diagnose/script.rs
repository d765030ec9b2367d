//! The script failed on an instance.

use std::sync::LazyLock;

use nightproof_drill::Hop;
use nightproof_drill::capture::{Invocation, SentCommand};
use regex::Regex;
use serde_json::json;

use crate::chain::Chain;
use crate::diagnosis::{Diagnosis, Recipe};
use crate::service_error::ServiceError;

/// ARNs of instances' sessions end with the instance's id.
const INSTANCES: &str = "*/i-*";
/// Seconds that a script gets where the incident is that it had too few.
const SHORT: &str = "5";

pub(super) fn diagnosis(chain: &Chain<'_>, command: &SentCommand, failed: &Invocation) -> Diagnosis {
    let exit = format!("exit code {}", failed.exit_code);
    let said = [failed.stderr.as_str(), failed.stdout.as_str()].join("\n");
    let last = failed.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    let found = Diagnosis {
        code: Some(failed.exit_code.to_string()),
        ..Diagnosis::new(Hop::Script, format!("the script is {}, {exit}: {last}", failed.details))
    };
    if failed.details.replace(' ', "").ends_with("TimedOut") {
        let recipe = slow(chain, command).unwrap_or_default();
        let reason = "the script took longer than its executionTimeout".to_owned();
        return Diagnosis { reason, says: vec!["TimedOut".to_owned()], code: None, recipe, ..found };
    }
    if let Some(error) = ServiceError::said_in(&said) {
        let recipe = key(chain, &error).or_else(|| error.fault(INSTANCES).map(Recipe::fault)).unwrap_or_default();
        let recipe = Recipe { remark: error.remark(), ..recipe };
        let reason = format!("the script was refused {}: {}", error.operation, error.code);
        return Diagnosis { reason, says: vec![error.code.clone()], code: Some(error.code), recipe, ..found };
    }
    if let Some((path, line)) = path_gone(chain, &failed.stderr) {
        let recipe = Recipe { before: vec![json!({ "script": format!("mv '{path}' '{path}-moved'") })], ..Recipe::default() };
        let reason = format!("the script did not find {path}, {exit}");
        return Diagnosis { reason, says: vec![exit, line], recipe, ..found };
    }
    if let Some(tool) = Tool::from_failure(chain, failed) {
        let reason = format!("{} failed: {}, {exit}", tool.name, tool.message);
        let says = vec![exit, tool.message.clone()];
        return Diagnosis { reason, says, recipe: tool.stand_in(chain, failed.exit_code).unwrap_or_default(), ..found };
    }
    Diagnosis { says: vec![exit], ..found }
}

/// A key of the stack that is disabled. One that is about to be deleted would be in the way of the stack's own end: that one is a fault.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
fn key(chain: &Chain<'_>, error: &ServiceError) -> Option<Recipe> {
    let mut keys = chain.evidence.resources.iter().filter(|one| one.kind == "AWS::KMS::Key");
    let key = keys.find(|key| error.message.contains(&key.physical_id))?;
    let disable = || Recipe::call("kms", "DisableKey", json!({ "KeyId": format!("${{{}}}", key.logical_id) }));
    (error.code.trim_start_matches("KMS.") == "DisabledException").then(disable)
}

/// A folder that parameters or variables name and that the script did not find, and what the script says of it.
fn path_gone(chain: &Chain<'_>, stderr: &str) -> Option<(String, String)> {
    const SAYINGS: [&str; 3] = ["does not exist", "No such file or directory", "can't cd to"];
    let line = stderr.lines().find(|line| SAYINGS.iter().any(|saying| line.contains(saying)))?;
    let path = chain.paths().into_iter().find(|path| line.contains(path.as_str()))?;
    // What comes before it may be the script's own name, which differs with each instance and command.
    let said = line.split_once(path.as_str()).map(|(_, rest)| format!("{path}{rest}"))?;
    Some((path, said.trim().to_owned()))
}

/// A shorter time, and an upload that takes longer.
fn slow(chain: &Chain<'_>, command: &SentCommand) -> Option<Recipe> {
    let limit = command.parameters.get("executionTimeout")?.first()?;
    let text = &chain.evidence.template;
    let pattern = Regex::new(&format!(r#"executionTimeout["']?[^0-9\n]{{1,12}}{}\b"#, regex::escape(limit))).ok()?;
    let mut places = pattern.find_iter(text);
    let old = places.next().filter(|_| places.next().is_none())?.as_str();
    let new = format!("{}{SHORT}", old.strip_suffix(limit.as_str())?);
    let fault = json!({ "when": { "service": "s3", "principal": INSTANCES }, "then": { "delay": 60 } });
    let remark =
        "The time was shortened, so that nobody has to wait for it; what took so long is not in the evidence: here, the upload.";
    (text.matches(old).count() == 1).then(|| Recipe {
        replace: vec![(old.to_owned(), new)],
        remark: Some(remark),
        ..Recipe::fault(fault)
    })
}

/// A program that the script calls and that failed.
struct Tool {
    name: String,
    message: String,
    missing: bool,
}

/// `script.sh: line 9: zstd: command not found`, `sh: 9: zstd: not found`
static MISSING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)(?:^|: )([A-Za-z0-9_+-]+): (?:command )?not found\s*$").ok());
/// `tar: /data/x: Cannot open: Permission denied`
static FAILED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^([a-z][a-z0-9_+-]*): ([^\n]+)$").ok());

impl Tool {
    /// The program that says why it failed, if the template's script names it.
    fn from_failure(chain: &Chain<'_>, failed: &Invocation) -> Option<Self> {
        let named = |name: &str| {
            let word = Regex::new(&format!(r"(?:^|[\s(|;&])({})\s", regex::escape(name)));
            word.is_ok_and(|word| word.is_match(&chain.evidence.template))
        };
        let part = |found: &regex::Captures<'_>, number: usize| {
            found.get(number).map_or_else(String::new, |part| part.as_str().to_owned())
        };
        let missing = MISSING.as_ref()?.captures(&failed.stderr).map(|found| part(&found, 1)).filter(|name| named(name));
        if let Some(name) = missing {
            return Some(Self { name, message: "not found".to_owned(), missing: true });
        }
        let mut all = FAILED.as_ref()?.captures_iter(&failed.stderr).map(|found| (part(&found, 1), part(&found, 2)));
        let (name, message) = all.find(|(name, _)| named(name))?;
        // It goes through a template, a program and a shell: only what means nothing to any of them.
        let plain = |letter: char| letter.is_ascii_alphanumeric() || " ./:,=_-".contains(letter);
        let message = message.split(|letter| !plain(letter)).max_by_key(|part| part.len()).unwrap_or_default().trim().to_owned();
        Some(Self { name, message, missing: false })
    }

    /// A function of the shell in its place, put after the script's only line of settings.
    fn stand_in(&self, chain: &Chain<'_>, exit_code: i32) -> Option<Recipe> {
        let text = &chain.evidence.template;
        if text.trim_start().starts_with('{') || exit_code <= 0 {
            return None;
        }
        let mut settings = text.lines().filter(|line| line.trim_start().starts_with("set -"));
        let line = settings.next().filter(|_| settings.next().is_none())?;
        let old = line.trim();
        let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or_default();
        let message = if self.missing { "command not found" } else { &self.message };
        let name = &self.name;
        let new = format!("{old}\n{indent}{name}() {{ echo '{name}: {message}' >&2; return {exit_code}; }}");
        let remark = "A function of the shell stands for the program that failed.";
        (text.matches(old).count() == 1).then(|| Recipe {
            replace: vec![(old.to_owned(), new)],
            remark: Some(remark),
            ..Recipe::default()
        })
    }
}
