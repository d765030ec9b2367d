//! The record of a command on the instance's disk, where the real agent keeps its own: it outlives the agent, and a reboot.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reply::Status;

/// What was asked for.
const COMMAND: &str = "command.json";
/// Which process runs it.
const WORKER: &str = "worker.json";
/// What has come of it so far.
const RESULT: &str = "result.json";
/// Is there once it is cancelled.
const CANCELLED: &str = "cancelled";

/// The commands of an instance.
#[derive(Clone)]
pub(super) struct Records(PathBuf);

impl Records {
    pub(super) fn of(instance: &str) -> Self {
        Self(PathBuf::from(format!("/var/lib/amazon/ssm/{instance}/document/state")))
    }

    /// Those that had not ended when the agent last kept them.
    pub(super) fn current(&self) -> Vec<Record> {
        let entries = fs::read_dir(self.0.join("current")).into_iter().flatten().flatten();
        entries.map(|entry| Record { folder: entry.path() }).collect()
    }

    /// Whether a message was taken before.
    pub(super) fn know(&self, message: &str) -> bool {
        ["current", "completed", "corrupt"].iter().any(|state| self.0.join(state).join(message).exists())
    }

    /// A new record.
    pub(super) fn keep(&self, command: &Command) -> io::Result<Record> {
        let record = self.find(&command.message);
        fs::create_dir_all(&record.folder)?;
        write(&record.folder.join(COMMAND), command)?;
        Ok(record)
    }

    /// The record of a message that has not ended; it may not exist.
    pub(super) fn find(&self, message: &str) -> Record {
        Record { folder: self.0.join("current").join(message) }
    }

    /// Nobody has to look after it any more.
    pub(super) fn complete(&self, record: &Record) -> io::Result<()> {
        self.put_away(record, "completed")
    }

    /// Nobody can do anything with it.
    pub(super) fn give_up(&self, record: &Record) -> io::Result<()> {
        self.put_away(record, "corrupt")
    }

    fn put_away(&self, record: &Record, state: &str) -> io::Result<()> {
        let folder = self.0.join(state);
        fs::create_dir_all(&folder)?;
        fs::rename(&record.folder, folder.join(record.folder.file_name().unwrap_or_default()))
    }
}

/// One command.
pub(super) struct Record {
    folder: PathBuf,
}

/// What was asked for.
#[derive(Serialize, Deserialize)]
pub(super) struct Command {
    /// `aws.ssm.<command>.<instance>`
    pub message: String,
    pub instance: String,
    /// The message's payload as it came.
    pub payload: String,
}

/// What has come of a command so far.
#[derive(Serialize, Deserialize)]
pub(super) struct Report {
    pub status: Status,
    /// Reports of the plugins that have ended, by id.
    pub plugins: Map<String, Value>,
    pub next: Next,
}

/// What comes after a report.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Next {
    /// More plugins.
    Plugins,
    /// A reboot, and then the plugin again that asked for it.
    Reboot {
        /// Which one.
        step: usize,
        /// Whether only the document's last plugin is to run.
        ended: bool,
        /// How often the instance was rebooted for this command before.
        before: u32,
    },
    /// Nothing any more.
    Nothing,
}

/// A process, told from another of the same id by its start, in clock ticks since the host's.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Process {
    id: u32,
    started: u64,
}

impl Record {
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn command(&self) -> io::Result<Command> {
        read(&self.folder.join(COMMAND))
    }

    /// This process runs it.
    pub(super) fn begin(&self) -> io::Result<()> {
        let id = std::process::id();
        let started = started(id).ok_or(io::ErrorKind::NotFound)?;
        write(&self.folder.join(WORKER), &Process { id, started })
    }

    /// Whether a process has begun to run it.
    pub(super) fn has_begun(&self) -> bool {
        self.folder.join(WORKER).exists()
    }

    /// Whether the process that began to run it still lives.
    pub(super) fn is_worked_at(&self) -> bool {
        read::<Process>(&self.folder.join(WORKER)).is_ok_and(|worker| started(worker.id) == Some(worker.started))
    }

    pub(super) fn report(&self, report: &Report) -> io::Result<()> {
        write(&self.folder.join(RESULT), report)
    }

    /// The latest report, if there is one.
    pub(super) fn reported(&self) -> Option<Report> {
        read(&self.folder.join(RESULT)).ok()
    }

    /// How often the instance had been rebooted for this command when its process, which is gone, asked for it once more.
    pub(super) fn pending_reboot(&self) -> Option<u32> {
        match self.reported()?.next {
            Next::Reboot { before, .. } if !self.is_worked_at() => Some(before),
            _ => None,
        }
    }

    pub(super) fn cancel(&self) -> io::Result<()> {
        fs::write(self.folder.join(CANCELLED), "")
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.folder.join(CANCELLED).exists()
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Writes a file so that whoever reads it finds the old or the new one whole.
fn write(path: &Path, content: &impl Serialize) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, serde_json::to_vec(content)?)?;
    fs::rename(new, path)
}

/// When a process started, if it has not ended. <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn started(id: u32) -> Option<u64> {
    let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the third field comes after the last of them.
    let mut fields = line.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if state == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_outlives_whoever_keeps_it_and_is_known_when_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records(folder.path().to_owned());
        let message = "aws.ssm.1.i-1";
        assert!(!records.know(message) && records.current().is_empty());
        let command = Command { message: message.to_owned(), instance: "i-1".to_owned(), payload: "{}".to_owned() };
        records.keep(&command).unwrap();

        let found = records.current().pop().unwrap();
        assert_eq!(found.command().unwrap().payload, "{}");
        assert!(records.know(message) && !found.has_begun() && found.reported().is_none() && !found.is_cancelled());
        records.find(message).cancel().unwrap();
        assert!(found.is_cancelled());
        found.report(&Report { status: Status::TimedOut, plugins: Map::new(), next: Next::Nothing }).unwrap();
        assert_eq!(found.reported().unwrap().status, Status::TimedOut);
        records.complete(&found).unwrap();
        assert!(records.know(message) && records.current().is_empty());
        let given_up = Command { message: "aws.ssm.2.i-1".to_owned(), ..command };
        records.give_up(&records.keep(&given_up).unwrap()).unwrap();
        assert!(records.know(&given_up.message) && records.current().is_empty());
    }

    #[test]
    fn a_worker_is_known_by_its_start_as_well_as_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::at(folder.path());
        assert!(!record.is_worked_at());
        record.begin().unwrap();
        assert!(record.is_worked_at());
        let id = std::process::id();
        write(&folder.path().join(WORKER), &Process { id, started: started(id).unwrap() + 1 }).unwrap();
        assert!(record.has_begun() && !record.is_worked_at());
    }
}
