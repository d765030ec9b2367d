//! What an instance starts by its own clock, as a local region knows it.

/// Of one running instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceJobs {
    /// `i-…`
    pub instance: String,
    /// Jobs of its cron and units of its timers.
    pub jobs: Vec<InstanceJob>,
    /// What of them has run, or runs.
    pub runs: Vec<JobRun>,
    /// Whether what happens at a boot has happened: user data has run, which may make jobs.
    pub booted: bool,
    /// What its cron and its timers leave out, each with the reason.
    pub ignored: Vec<String>,
}

/// Something that an instance runs at its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceJob {
    /// The same on each instance that has the same job. Begins with no `arn:`.
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
    /// Why it is not run whatever the time.
    pub idle: Option<String>,
    /// What the scripts hold that it names.
    pub text: String,
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// Counts the instance's runs, from 1.
    pub number: u64,
    /// The job's id.
    pub job: String,
    /// Its exit code; `None` while it runs.
    pub code: Option<i32>,
    /// The end of what it has written.
    pub output: String,
    /// What becomes of the output and of the exit code on such an instance.
    pub fate: String,
}
