//! Runs the targets of `harness/fuzz`, one after the other.

use std::path::Path;

use crate::step::{self, StepError};

const FOLDER: &str = "harness/fuzz";
/// libFuzzer's bounds for one input: seconds, and MiB of memory.
const BOUNDS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=2048"];
/// Instrumentation is not stable yet; one toolchain is enough nevertheless.
const UNSTABLE: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// Runs `targets`, or all, for so many seconds each; ends at the first that something breaks.
pub(crate) fn run(seconds: u32, targets: Vec<String>) -> Result<(), StepError> {
    let targets = if targets.is_empty() { all()? } else { targets };
    let time = format!("-max_total_time={seconds}");
    for target in targets {
        // The library of incidents is what its reader starts from.
        let seeds = if target == "incident" { "scenarios/incidents".to_owned() } else { format!("{FOLDER}/seeds/{target}") };
        let corpus = format!("{FOLDER}/corpus/{target}");
        std::fs::create_dir_all(&corpus).map_err(|error| StepError::Found(format!("cannot make `{corpus}`: {error}")))?;
        // All is safe Rust: panics, endless loops and memory without bound are looked for, and need no sanitizer.
        let mut arguments = vec!["fuzz", "run", "--fuzz-dir", FOLDER, "--sanitizer", "none", &target, &corpus];
        if Path::new(&seeds).is_dir() {
            arguments.push(&seeds);
        }
        arguments.extend(["--", &time]);
        arguments.extend(BOUNDS);
        step::cargo(&arguments, &[UNSTABLE])?;
    }
    Ok(())
}

/// The names of all targets.
fn all() -> Result<Vec<String>, StepError> {
    let folder = format!("{FOLDER}/fuzz_targets");
    let unreadable = |error| StepError::Found(format!("cannot read `{folder}`: {error}"));
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder).map_err(unreadable)? {
        let file = file.map_err(unreadable)?.path();
        names.extend(file.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
