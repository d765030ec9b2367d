//! `docs/conformance.md`: which scenario holds where, with times. Needs Docker.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::localstack::LocalStack;
use crate::step::{self, StepError};

/// Clouds and machines, as the environment chooses them.
const PLACES: [(&str, &str); 3] = [("embedded", "sandbox"), ("embedded", "container"), ("localstack", "container")];

/// What became of a scenario in one place.
enum Outcome {
    /// Seconds.
    Passed(f64),
    Failed,
    NotRun,
}

/// Outcomes by scenario, in the order of [`PLACES`].
type Outcomes = BTreeMap<String, Vec<Outcome>>;

/// Runs every scenario in every place and writes the page. A scenario that fails is in it, and fails the step.
pub(crate) fn write() -> Result<(), StepError> {
    let localstack = LocalStack::start()?;
    let mut outcomes = Outcomes::new();
    for (index, (cloud, machine)) in PLACES.into_iter().enumerate() {
        let mut environment = vec![("NIGHTPROOF_CLOUD", cloud.to_owned()), ("NIGHTPROOF_MACHINE", machine.to_owned())];
        if cloud == "localstack" {
            environment.push(("NIGHTPROOF_LOCALSTACK", localstack.url()));
        }
        for (scenario, outcome) in run(&environment)? {
            let row = outcomes.entry(scenario).or_default();
            row.resize_with(index, || Outcome::NotRun);
            row.push(outcome);
        }
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    std::fs::write(&page, text(&outcomes)).map_err(|error| StepError::Found(format!("cannot write the page: {error}")))?;
    let failed: Vec<&str> = outcomes.iter().filter(|(_, row)| row.iter().any(is_failed)).map(|(name, _)| name.as_str()).collect();
    if failed.is_empty() { Ok(()) } else { Err(StepError::Found(format!("did not hold everywhere: {}", failed.join(", ")))) }
}

fn is_failed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed)
}

/// Tests of whole parts that are about the sandbox, or the same wherever machines and objects are: what clients see of the region's own
/// services, what policies come to, what is captured, how a report is read, nights that are drawn by the dozen, and incidents in which
/// nothing goes wrong.
const SAME_EVERYWHERE: [&str; 10] = [
    "up::",
    "access::",
    "capture::",
    "chaos::",
    "databases::",
    "every_shape::",
    "on_demand::",
    "page::",
    "tools::",
    "an_incident_does_not_show_without_what_goes_wrong",
];

/// Where the scenarios are, and the program that `cargo test` makes of them.
fn program() -> Result<(&'static str, PathBuf), StepError> {
    let build = ["test", "--workspace", "--test", "it", "--no-run", "--message-format", "json"];
    let built = step::said(step::cargo_command().args(build))?;
    let program = built.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let ours = Path::new(message.get("manifest_path")?.as_str()?).parent()?.ends_with("scenarios");
        ours.then(|| message.get("executable")?.as_str().map(PathBuf::from)).flatten()
    });
    let program = program.ok_or_else(|| StepError::Found("cargo made no program of the scenarios".to_owned()))?;
    Ok((concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"), program))
}

/// Runs the scenarios in one place.
fn run(environment: &[(&str, String)]) -> Result<Vec<(String, Outcome)>, StepError> {
    let (folder, program) = program()?;
    let mut command = Command::new(program);
    command.current_dir(folder).args(["-Z", "unstable-options", "--format", "json", "--report-time", "--test-threads", "2"]);
    command.args(SAME_EVERYWHERE.iter().flat_map(|module| ["--skip", module]));
    if environment.contains(&("NIGHTPROOF_MACHINE", "container".to_owned())) {
        command.arg("--include-ignored");
    }
    // Times and JSON are not stable yet; one toolchain is enough nevertheless.
    command.env("RUSTC_BOOTSTRAP", "1").envs(environment.iter().map(|(name, value)| (name, value)));
    // That a test failed is told by its line; what fails otherwise tells of none.
    let output = command.output().map_err(|source| StepError::Start { program: format!("{command:?}"), source })?;
    let found: Vec<_> = String::from_utf8_lossy(&output.stdout).lines().filter_map(outcome).collect();
    if found.is_empty() {
        return Err(StepError::Found(format!("no scenario ran:\n{}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(found)
}

/// A line about a test that has ended.
fn outcome(line: &str) -> Option<(String, Outcome)> {
    let event: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let outcome = match (text("type")?, text("event")?) {
        ("test", "ok") => Outcome::Passed(event.get("exec_time").and_then(Value::as_f64)?),
        ("test", "failed") => {
            step::say(&format!("{}: FAILED\n{}", text("name")?, text("stdout").unwrap_or_default()));
            Outcome::Failed
        }
        ("test", "ignored") => Outcome::NotRun,
        _ => return None,
    };
    Some((text("name")?.to_owned(), outcome))
}

fn text(outcomes: &Outcomes) -> String {
    let mut text = "# Which scenario holds where\n\nMade by `cargo xtask conformance`, which runs every scenario of `scenarios/tests` in \
        each place: seconds if it held. Two run at a time,\non two processors, with the debug build. What is the same everywhere, \
        because it is about the sandbox or about the region alone, is not in it.\n\n"
        .to_owned();
    let held = |place: usize| outcomes.values().filter(|row| matches!(row.get(place), Some(Outcome::Passed(_)))).count();
    let heads = PLACES.iter().map(|(cloud, machine)| format!("{cloud}, {machine}"));
    let _ = writeln!(text, "| scenario | {} |\n|---|{}", heads.collect::<Vec<_>>().join(" | "), "---:|".repeat(PLACES.len()));
    for (name, row) in outcomes {
        let cells = (0..PLACES.len()).map(|place| match row.get(place) {
            Some(Outcome::Passed(seconds)) => format!("{seconds:.1}"),
            Some(Outcome::Failed) => "FAILED".to_owned(),
            Some(Outcome::NotRun) | None => "-".to_owned(),
        });
        let _ = writeln!(text, "| {} | {} |", name.replace("::", ": ").replace('_', " "), cells.collect::<Vec<_>>().join(" | "));
    }
    let counts = (0..PLACES.len()).map(|place| held(place).to_string());
    let _ = writeln!(text, "| **{} scenarios held** | {} |", outcomes.len(), counts.collect::<Vec<_>>().join(" | "));
    text
}
