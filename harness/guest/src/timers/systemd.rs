//! Timers of systemd that have been started. <https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html>

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightproof_schedule::Calendar;

use super::run::{Ended, code, tail};
use crate::commands::Unit;

/// Settings by which a timer counts from something else than the calendar, which nothing here does.
const MONOTONIC: [&str; 5] = ["OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec"];
/// Where it is kept when a timer with `Persistent=` has last run.
const STAMPS: &str = "/var/lib/systemd/timers";

/// A timer.
#[derive(Debug, Clone)]
pub(super) struct Timer {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) schedule: String,
    calendars: Vec<Calendar>,
    pub(super) unit: Unit,
    pub(super) is_persistent: bool,
    pub(super) is_active: bool,
}

impl Timer {
    /// Reads a timer; else why it starts nothing.
    fn read(timer: &Unit) -> Result<Self, String> {
        let mut calendars = Vec::new();
        for text in timer.values("OnCalendar") {
            calendars.push(Calendar::parse(text).ok_or_else(|| format!("systemd cannot parse OnCalendar={text}"))?);
        }
        if calendars.is_empty() {
            return Err("it has no OnCalendar=".to_owned());
        }
        let service = timer.value("Unit").map_or_else(|| timer.name.replace(".timer", ".service"), str::to_owned);
        let unit = Unit::find(&service).ok_or_else(|| format!("there is no unit {service}"))?;
        let is_persistent = timer.value("Persistent").is_some_and(|value| ["yes", "true", "on", "1"].contains(&value));
        let schedule = timer.values("OnCalendar").collect::<Vec<_>>().join("; ");
        let (name, place) = (timer.name.clone(), timer.path.display().to_string());
        Ok(Self { name, place, schedule, calendars, unit, is_persistent, is_active: timer.has_record() })
    }

    /// Those that somebody has written, and those that start nothing, with the reason.
    pub(super) fn all() -> (Vec<Self>, Vec<String>) {
        let (mut timers, mut ignored) = (Vec::new(), Vec::new());
        for unit in Unit::of_kind("timer") {
            match Self::read(&unit) {
                Ok(timer) => timers.push(timer),
                Err(reason) => ignored.push(format!("{}: {reason}", unit.path.display())),
            }
        }
        (timers, ignored)
    }

    pub(super) fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.calendars.iter().filter_map(|calendar| calendar.next_after(moment, zone)).min()
    }

    fn stamp(&self) -> PathBuf {
        Path::new(STAMPS).join(format!("stamp-{}", self.name))
    }

    /// When one with `Persistent=` has last run.
    pub(super) fn last(&self) -> Option<Timestamp> {
        let stamp = fs::read_to_string(self.stamp()).ok().filter(|_| self.is_persistent)?;
        Timestamp::from_second(stamp.trim().parse().ok()?).ok()
    }

    pub(super) fn note(&self, at: Timestamp) -> io::Result<()> {
        if !self.is_persistent {
            return Ok(());
        }
        fs::create_dir_all(STAMPS)?;
        fs::write(self.stamp(), at.as_second().to_string())
    }

    /// Starts its unit and waits for its end.
    pub(super) fn run(&self) -> io::Result<Ended> {
        let log = Unit::log_path(&self.unit.name);
        let before = fs::metadata(&log).map_or(0, |found| found.len());
        let ended = self.unit.run_to_end();
        let output = tail(&log, before).unwrap_or_default();
        match ended {
            Ok(status) => Ok(Ended { code: status.map_or(0, code), output }),
            Err(reason) => Ok(Ended { code: 1, output: format!("{output}{reason}") }),
        }
    }
}

/// What of a timer nothing here acts upon.
pub(crate) fn not_acted_upon(timer: &Unit) -> Option<&'static str> {
    MONOTONIC.into_iter().find(|setting| timer.value(setting).is_some())
}

/// Why a timer cannot be started.
pub(crate) fn problem(timer: &Unit) -> Option<String> {
    Timer::read(timer).err()
}
