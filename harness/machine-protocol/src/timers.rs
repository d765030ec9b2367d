//! What an instance starts by its own clock: jobs of its cron, and units of its systemd timers. The clock in a machine is real time, so that the region
//! says what time it is, a line each time, and the guest runs what was due since the last and answers with a line.

use serde::{Deserialize, Serialize};

/// What the region says: seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// By the region's clock.
    pub now: i64,
}

/// What the guest answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers {
    /// Jobs that there are.
    pub jobs: Vec<Job>,
    /// What ran since the guest began, or runs.
    pub runs: Vec<Run>,
    /// Whether what happens at a boot has happened: user data has run, which may make jobs.
    pub booted: bool,
    /// What somebody may have taken for a job and is none, with the reason.
    pub ignored: Vec<String>,
}

/// Something that is run at its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The same on each instance that has the same job: place and text.
    pub id: String,
    /// What runs it: `cron`, `systemd`.
    pub by: String,
    /// Where it is written: `/etc/cron.d/backup, line 2`.
    pub place: String,
    /// As it is written.
    pub schedule: String,
    /// The user as whom it is run.
    pub user: String,
    /// What is run.
    pub command: String,
    /// When it is due next, seconds since 1970; `None` if never.
    pub next: Option<i64>,
    /// Why it is not run whatever the time: cron was not started.
    pub idle: Option<String>,
    /// What the scripts hold that it names.
    pub text: String,
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Counts the instance's runs, from 1.
    pub number: u64,
    /// The job's id.
    pub job: String,
    /// When it was due, seconds since 1970 by the region's clock.
    pub due: i64,
    /// How it ended: the exit code, or 128 and the signal's number; `None` while it runs.
    pub code: Option<i32>,
    /// The end of what it has written to its standard output and standard error.
    pub output: String,
    /// What becomes of that output, and of the exit code, on such an instance.
    pub fate: String,
}
