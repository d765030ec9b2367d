//! Files of history: a line for each drill, appended.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use nightproof_drill::{Before, Outcome};
use nightproof_journal::{Event, HISTORY_VERSION, PastDrill};

use crate::error::Error;
use crate::printer;

/// A file of history, as it was before a drill.
#[derive(Debug)]
pub(crate) struct History {
    path: PathBuf,
    drills: Vec<PastDrill>,
}

impl History {
    /// Reads the file that is named. One that is not there yet is empty.
    pub(crate) fn open(path: Option<&Path>) -> Result<Option<Self>, Error> {
        let Some(path) = path else { return Ok(None) };
        let drills = match read(path) {
            Err(Error::ReadHistory { source, .. }) if source.kind() == io::ErrorKind::NotFound => Vec::new(),
            drills => drills?,
        };
        Ok(Some(Self { path: path.to_owned(), drills }))
    }

    /// What the archives of a drill are compared with: those of the last drill of the same template on the same cloud that restored.
    pub(crate) fn before(&self, cloud: &str, template: &str) -> Before {
        let same = self.drills.iter().filter(|past| past.cloud == cloud && past.template == template);
        same.filter_map(|past| past.bytes).next_back().map_or(Before::First, Before::Bytes)
    }

    /// As an event of a journal, which reports are made of.
    pub(crate) fn event(&self) -> Event {
        Event::History { drills: self.drills.clone() }
    }

    /// Appends a drill. That it cannot be is a warning: it does not change how the drill ended.
    pub(crate) fn append(&self, outcome: &Outcome, cloud: &str, template: &str) {
        let at = nightproof_core::Clock::default().now();
        let past = nightproof_report::past_drill(outcome, format!("{at:.0}"), cloud, template);
        if let Err(source) = append(&self.path, &past) {
            printer::warning(&Error::WriteHistory { path: self.path.clone(), source });
        }
    }
}

fn append(path: &Path, past: &PastDrill) -> io::Result<()> {
    let mut line = serde_json::to_string(past)?;
    line.push('\n');
    OpenOptions::new().append(true).create(true).open(path)?.write_all(line.as_bytes())
}

/// The drills of a file, oldest first.
pub(crate) fn read(path: &Path) -> Result<Vec<PastDrill>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::ReadHistory { path: path.to_owned(), source })?;
    let line = |(at, line): (usize, &str)| {
        let wrong = |why: String| Error::History { path: path.to_owned(), line: at + 1, why };
        let past: PastDrill = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        if past.version == HISTORY_VERSION {
            Ok(past)
        } else {
            Err(wrong(format!("its version is {}, and {HISTORY_VERSION} is known", past.version)))
        }
    };
    text.lines().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(cloud: &str, template: &str, bytes: Option<u64>) -> PastDrill {
        PastDrill {
            version: HISTORY_VERSION,
            at: "2026-11-29T03:00:00Z".to_owned(),
            run: "r".to_owned(),
            cloud: cloud.to_owned(),
            template: template.to_owned(),
            result: "passed".to_owned(),
            rto_milliseconds: None,
            rpo_seconds: None,
            bytes,
        }
    }

    #[test]
    fn drills_are_appended_and_compared_with_their_like() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        let open = || History::open(Some(&path)).unwrap().unwrap();
        assert_eq!(open().before("embedded", "a"), Before::First);
        for drill in [
            past("embedded", "a", Some(7)),
            past("embedded", "a", None),
            past("aws", "a", Some(8)),
            past("embedded", "b", Some(9)),
        ] {
            append(&path, &drill).unwrap();
        }
        assert_eq!(open().before("embedded", "a"), Before::Bytes(7));
        assert_eq!(open().before("aws", "b"), Before::First);
        assert_eq!(open().drills.len(), 4);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        append(&path, &past("embedded", "a", None)).unwrap();
        append(&path, &PastDrill { version: 2, ..past("embedded", "a", None) }).unwrap();
        let error = History::open(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("line 2: its version is 2"), "{error}");
    }
}
