//! Keeps what the instance starts by its own clock: learns the time from the region, runs what is due, and reports it.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::sync::Arc;
use std::thread;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use nightproof_machine_image::Family;
use nightproof_machine_protocol::connection::Purpose;
use nightproof_machine_protocol::timers::{Job, Run, Tick, Timers};
use nightproof_schedule::CrontabTime;
use parking_lot::Mutex;

use super::cron;
use super::named_files::named_files;
use super::run::{self, Ended};
use super::system::family;
use super::systemd::Timer;
use super::tables::{CronJob, Tables};
use super::zone::zone;
use crate::{console, relay};

/// How many runs are remembered.
const KEPT: usize = 256;

/// Does so until the region ends.
pub(crate) fn keep() -> io::Result<()> {
    let mut region = relay::connect(Purpose::Timers)?;
    let mut lines = BufReader::new(region.try_clone()?);
    let mut keeper = Keeper::default();
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let Tick { now } = serde_json::from_str(&line)?;
        let mut answer = serde_json::to_vec(&keeper.tick(Timestamp::from_second(now).unwrap_or(Timestamp::MAX)))?;
        answer.push(b'\n');
        region.write_all(&answer)?;
    }
}

/// A job of either kind.
#[derive(Debug, Clone)]
enum Planned {
    Cron(CronJob),
    Timer(Box<Timer>),
}

impl Planned {
    fn id(&self) -> &str {
        match self {
            Self::Cron(job) => &job.id,
            Self::Timer(timer) => &timer.name,
        }
    }

    fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Cron(job) => job.time.next_after(moment, job.zone.as_ref().unwrap_or(zone)),
            Self::Timer(timer) => timer.next_after(moment, zone),
        }
    }

    /// The last time that it was due after `since` and not after `now`: what is run where the clock was moved over several.
    fn last_due(&self, since: Timestamp, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let is_due = |due: &Timestamp| *due <= now;
        let mut last = self.next_after(since, zone).filter(is_due)?;
        // A short way to the last of many.
        for hours in [24 * 32, 24, 1] {
            let near = now.checked_sub(SignedDuration::from_hours(hours)).ok().filter(|near| *near > last);
            if let Some(found) = near.and_then(|near| self.next_after(near, zone)).filter(is_due) {
                last = found;
            }
        }
        while let Some(next) = self.next_after(last, zone).filter(is_due) {
            last = next;
        }
        Some(last)
    }

    /// Why it is not run whatever the time.
    fn idle(&self) -> Option<String> {
        match self {
            Self::Cron(_) if cron::is_running() => None,
            Self::Cron(_) if cron::is_installed() => Some(format!("cron does not run: systemctl start {}", cron::unit())),
            Self::Cron(_) => Some("cron is not installed".to_owned()),
            Self::Timer(timer) => {
                (!timer.is_active).then(|| format!("it was not started: systemctl enable --now {}", timer.name))
            }
        }
    }

    fn run(&self, number: u64) -> io::Result<Ended> {
        match self {
            Self::Cron(job) => run::cron(job, number),
            Self::Timer(timer) => timer.run(),
        }
    }

    /// What becomes of what it writes and of its exit code.
    fn fate(&self) -> String {
        match self {
            Self::Timer(timer) => {
                format!("it is in the instance's journal alone, and {} is failed: nobody is told", timer.unit.name)
            }
            Self::Cron(job) => {
                let to = job.environment.iter().find(|(name, _)| name == "MAILTO").map(|(_, to)| to.as_str());
                match to {
                    Some("") => "lost: MAILTO is empty, so that cron mails nothing".to_owned(),
                    to => format!(
                        "lost: cron mails it to {}, and the instance has no program that sends mail; of the exit code cron says nothing",
                        to.unwrap_or(&job.user)
                    ),
                }
            }
        }
    }

    fn report(&self, now: Timestamp, zone: &TimeZone) -> Job {
        let next = self.next_after(now, zone).map(Timestamp::as_second);
        let (id, idle) = (self.id().to_owned(), self.idle());
        match self {
            Self::Cron(job) => Job {
                id,
                by: "cron".to_owned(),
                place: job.place.clone(),
                schedule: job.schedule.clone(),
                user: job.user.clone(),
                command: job.command.clone(),
                next,
                idle,
                text: job.environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect::<String>()
                    + &named_files(&job.command),
            },
            Self::Timer(timer) => {
                let command = timer.unit.values("ExecStart").collect::<Vec<_>>().join("; ");
                let unit = fs::read_to_string(&timer.unit.path).unwrap_or_default();
                Job {
                    id,
                    by: "systemd".to_owned(),
                    place: timer.place.clone(),
                    schedule: timer.schedule.clone(),
                    user: timer.unit.value("User").unwrap_or("root").to_owned(),
                    command,
                    next,
                    idle,
                    text: format!("{unit}\n{}", named_files(&unit)),
                }
            }
        }
    }
}

#[derive(Default)]
struct Keeper {
    /// Up to when each job's times have passed.
    since: BTreeMap<String, Timestamp>,
    runs: Arc<Mutex<Vec<Run>>>,
    number: u64,
}

impl Keeper {
    /// Runs what has become due, and reports. A job that is new is due from now on.
    fn tick(&mut self, now: Timestamp) -> Timers {
        let zone = zone();
        let Tables { jobs, mut ignored } = Tables::read();
        let (timers, unread) = Timer::all();
        ignored.extend(unread);
        let planned: Vec<Planned> =
            jobs.into_iter().map(Planned::Cron).chain(timers.into_iter().map(|timer| Planned::Timer(Box::new(timer)))).collect();
        self.since.retain(|id, _| planned.iter().any(|job| job.id() == id));
        self.at_start(&planned, now);
        for job in &planned {
            if job.idle().is_some() {
                self.since.insert(job.id().to_owned(), now);
                continue;
            }
            let missed = match job {
                Planned::Timer(timer) => timer.last(),
                Planned::Cron(_) => None,
            };
            let since = *self.since.entry(job.id().to_owned()).or_insert(missed.unwrap_or(now));
            if let Some(due) = job.last_due(since, now, &zone) {
                self.begin(job, due);
            }
            self.since.insert(job.id().to_owned(), now);
        }
        let jobs = planned.iter().filter(|job| !matches!(job, Planned::Cron(CronJob { time: CrontabTime::Reboot, .. })));
        Timers {
            jobs: jobs.map(|job| job.report(now, &zone)).collect(),
            runs: self.runs.lock().clone(),
            booted: crate::commands::is_finished(),
            ignored,
        }
    }

    /// Runs what is to run because cron has started.
    fn at_start(&mut self, planned: &[Planned], now: Timestamp) {
        let Ok(ids) = fs::read_to_string(cron::AT_START) else { return };
        let _ = fs::remove_file(cron::AT_START);
        for job in planned.iter().filter(|job| ids.lines().any(|id| id == job.id())) {
            self.begin(job, now);
        }
    }

    fn begin(&mut self, job: &Planned, due: Timestamp) {
        self.number += 1;
        let number = self.number;
        let mut runs = self.runs.lock();
        runs.push(Run {
            number,
            job: job.id().to_owned(),
            due: due.as_second(),
            code: None,
            output: String::new(),
            fate: job.fate(),
        });
        let excess = runs.len().saturating_sub(KEPT);
        runs.drain(..excess);
        drop(runs);
        log(job, due);
        if let Planned::Timer(timer) = job
            && let Err(error) = timer.note(due)
        {
            console::print(&format!("{}: {error}", timer.name));
        }
        let (job, runs) = (job.clone(), Arc::clone(&self.runs));
        thread::spawn(move || {
            let ended = job.run(number).unwrap_or_else(|error| Ended { code: 127, output: error.to_string() });
            if let Some(run) = runs.lock().iter_mut().find(|run| run.number == number) {
                run.code = Some(ended.code);
                run.output = ended.output;
            }
        });
    }
}

/// Writes what cron writes of a job that it starts, where the system's logger puts it: the command, and never how it ended.
fn log(job: &Planned, due: Timestamp) {
    let Planned::Cron(job) = job else { return };
    let path = if family() == Family::Debian { "/var/log/syslog" } else { "/var/log/cron" };
    let line = format!("{} CROND[1]: ({}) CMD ({})", due.strftime("%b %e %H:%M:%S"), job.user, job.command);
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) {
        let _ = writeln!(file, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(text: &str) -> Planned {
        Planned::Cron(CronJob {
            id: text.to_owned(),
            place: "/etc/cron.d/a, line 1".to_owned(),
            schedule: text.to_owned(),
            time: CrontabTime::parse(text).unwrap(),
            zone: None,
            user: "root".to_owned(),
            command: "true".to_owned(),
            environment: Vec::new(),
        })
    }

    #[test]
    fn of_several_times_that_have_passed_the_last_is_due() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let due = |text: &str, since: &str, now: &str| {
            planned(text).last_due(at(since), at(now), &TimeZone::UTC).map(|due| due.to_string())
        };
        assert_eq!(due("0 3 * * *", "2026-11-23T12:00:00Z", "2026-11-23T18:00:00Z"), None);
        assert_eq!(due("0 3 * * *", "2026-11-23T12:00:00Z", "2026-11-24T03:00:00Z").as_deref(), Some("2026-11-24T03:00:00Z"));
        assert_eq!(due("* * * * *", "2020-01-01T00:00:00Z", "2026-11-24T03:00:30Z").as_deref(), Some("2026-11-24T03:00:00Z"));
        assert_eq!(due("0 3 1 1 *", "2020-06-01T00:00:00Z", "2026-11-24T03:00:00Z").as_deref(), Some("2026-01-01T03:00:00Z"));
        assert_eq!(due("0 3 30 2 *", "2020-01-01T00:00:00Z", "2026-11-24T03:00:00Z"), None);
    }
}
