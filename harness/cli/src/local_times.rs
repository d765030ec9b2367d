//! The step times of the last local drill that passed: `run` keeps them, `smoke` shows them beside its own.

use std::io;
use std::path::{Path, PathBuf};

use nightproof_drill::{DrillResult, Outcome, StepTime};
use nightproof_journal::{Event, LocalTime};
use serde::{Deserialize, Serialize};

use crate::{printer, state};

const VERSION: u32 = 1;

/// A local drill that passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LocalTimes {
    version: u32,
    run: String,
    steps: Vec<LocalTime>,
}

impl LocalTimes {
    fn of(outcome: &Outcome) -> Self {
        let time =
            |time: &StepTime| LocalTime { step: time.step.to_string(), night: time.night, milliseconds: time.milliseconds };
        Self { version: VERSION, run: outcome.run.clone(), steps: outcome.steps.iter().map(time).collect() }
    }

    /// Keeps the times of a drill that passed. That they cannot be kept changes nothing of the drill, and is said.
    pub(crate) fn keep(outcome: &Outcome) {
        if outcome.result != DrillResult::Passed {
            return;
        }
        let file = file();
        if let Err(error) = state::write(&file, &Self::of(outcome)) {
            printer::note(&format!("cannot keep this drill's times in `{}`: {error}", file.display()));
        }
    }

    /// Those that were kept last. That they cannot be read is said.
    pub(crate) fn last() -> Option<Self> {
        let file = file();
        read(&file).unwrap_or_else(|error| {
            printer::note(&format!("cannot read the last local drill's times in `{}`: {error}", file.display()));
            None
        })
    }

    /// As an event of a journal, which reports are made of.
    pub(crate) fn event(&self) -> Event {
        Event::LocalTimes { run: self.run.clone(), steps: self.steps.clone() }
    }

    /// A drill's steps beside these: a line each, in seconds.
    pub(crate) fn beside(&self, steps: &[StepTime]) -> Vec<String> {
        let mut lines = vec![format!("{:<18}{:>12}{:>14} {}", "step", "here", "local drill", self.run)];
        lines.extend(steps.iter().map(|time| {
            let name = if time.night > 1 { format!("{} (night {})", time.step, time.night) } else { time.step.to_string() };
            let local = self.steps.iter().find(|local| local.step == time.step && local.night == time.night);
            let local = local.map_or_else(|| "-".to_owned(), |local| seconds(local.milliseconds));
            format!("{name:<18}{:>12}{local:>14}", seconds(time.milliseconds))
        }));
        lines
    }
}

fn seconds(milliseconds: f64) -> String {
    format!("{:.3} s", milliseconds / 1000.0)
}

fn file() -> PathBuf {
    state::folder().join("last-local-drill.json")
}

fn read(file: &Path) -> io::Result<Option<LocalTimes>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let times: LocalTimes = serde_json::from_str(&text)?;
    if times.version != VERSION {
        let why = format!("its version is {}, this nightproof knows {VERSION}", times.version);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(Some(times))
}

#[cfg(test)]
mod tests {
    use nightproof_drill::Step;
    use nightproof_journal::StepOutcome;

    use super::*;

    fn time(step: Step, night: u32, milliseconds: f64) -> StepTime {
        StepTime { step, night, milliseconds, outcome: StepOutcome::Passed, detail: String::new() }
    }

    fn local() -> LocalTimes {
        let local =
            |time: StepTime| LocalTime { step: time.step.to_string(), night: time.night, milliseconds: time.milliseconds };
        LocalTimes { version: VERSION, run: "0a0b".to_owned(), steps: vec![local(time(Step::Deploy, 1, 1250.0))] }
    }

    #[test]
    fn steps_stand_beside_those_of_the_same_name_and_night() {
        let lines = local().beside(&[time(Step::Deploy, 1, 61_000.0), time(Step::Deploy, 2, 5.0)]);
        let words: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[1], ["deploy", "61.000", "s", "1.250", "s"]);
        assert_eq!(words[2], ["deploy", "(night", "2)", "0.005", "s", "-"]);
    }

    #[test]
    fn what_was_written_is_read_and_another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/times.json");
        assert_eq!(read(&file).unwrap(), None);
        state::write(&file, &local()).unwrap();
        assert_eq!(read(&file).unwrap(), Some(local()));
        state::write(&file, &LocalTimes { version: 2, ..local() }).unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("version is 2"));
        std::fs::write(&file, "{").unwrap();
        assert!(read(&file).is_err());
    }
}
