//! The numbers of a drill: how long a restore takes, for how long nothing could have been restored, how archives grow.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What was measured. What could not be is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// How long the restore took that took longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto: Option<Rto>,
    /// The longest time without a new restorable archive. It takes two nights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo: Option<Rpo>,
    /// By how many percent archives changed in size from one night to the next, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_change: Option<f64>,
    /// How old the newest archive of a real account was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
}

impl Numbers {
    /// Whether nothing was measured.
    pub const fn is_empty(&self) -> bool {
        self.rto.is_none() && self.rpo.is_none() && self.size_change.is_none() && self.age.is_none()
    }
}

/// How long a restore took: from the moment at which there is nothing but the archive to the comparison that agrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rto {
    /// Wall time.
    pub milliseconds: f64,
    /// Which night's, from 1.
    pub night: u32,
    /// Whether it was a local region's machine, and not AWS's.
    pub local: bool,
    /// The parts of it, in order.
    pub parts: Vec<RestorePart>,
}

/// A part of a restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestorePart {
    /// `fetch`, `open`, `compare`; with a restore script `boot`, `script`, `compare`, `fingerprint`.
    pub part: String,
    /// Wall time.
    pub milliseconds: f64,
}

/// The longest time without a new restorable archive, on the region's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rpo {
    /// How long.
    pub seconds: u64,
    /// Over so many nights.
    pub nights: u64,
    /// The last night left nothing to restore from, so that it goes on.
    pub at_least: bool,
}

/// How old the newest archive of a real account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Age {
    /// How old; nothing if there is no archive.
    pub seconds: Option<u64>,
    /// `s3://bucket/key`, or where there is none.
    pub archive: String,
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            Some(seconds) => write!(f, "{}: {}", spoken(Duration::from_secs(seconds)), self.archive),
            None => write!(f, "there is no archive in {}", self.archive),
        }
    }
}

impl fmt::Display for Rto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = if self.local { " (local)" } else { "" };
        write!(f, "{}{local}", spoken(milliseconds(self.milliseconds)))?;
        let parts: Vec<String> = self.parts.iter().map(ToString::to_string).collect();
        if parts.is_empty() { Ok(()) } else { write!(f, ": {}", parts.join(", ")) }
    }
}

impl fmt::Display for RestorePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.part, spoken(milliseconds(self.milliseconds)))
    }
}

impl fmt::Display for Rpo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_least = if self.at_least { "at least " } else { "" };
        write!(f, "{at_least}{} over {} nights", spoken(Duration::from_secs(self.seconds)), self.nights)
    }
}

fn milliseconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}

/// A time for a person: `350 ms`, `12.3 s`, `15 min 0 s`, `26 h 0 min`.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_exactly_as_matters() {
        let told = [350, 12_345, 59_999, 900_000, 93_660_000].map(|ms| spoken(Duration::from_millis(ms)));
        assert_eq!(told, ["350 ms", "12.3 s", "60.0 s", "15 min 0 s", "26 h 1 min"]);
    }

    #[test]
    fn a_local_time_is_called_local_and_a_time_that_goes_on_at_least() {
        let parts = vec![RestorePart { part: "fetch".to_owned(), milliseconds: 50.0 }];
        let rto = Rto { milliseconds: 50.0, night: 1, local: true, parts };
        assert_eq!(rto.to_string(), "50 ms (local): fetch 50 ms");
        assert_eq!(Rto { local: false, parts: Vec::new(), ..rto }.to_string(), "50 ms");
        let rpo = Rpo { seconds: 86_400, nights: 2, at_least: true };
        assert_eq!(rpo.to_string(), "at least 24 h 0 min over 2 nights");
        assert_eq!(Rpo { at_least: false, ..rpo }.to_string(), "24 h 0 min over 2 nights");
        let age = Age { seconds: Some(7200), archive: "s3://b/a.tgz".to_owned() };
        assert_eq!(age.to_string(), "2 h 0 min: s3://b/a.tgz");
        assert_eq!(Age { seconds: None, archive: "b below `x/`".to_owned() }.to_string(), "there is no archive in b below `x/`");
    }
}
