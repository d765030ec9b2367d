//! How long calls take, and which part of it is their authorization: for benchmarks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Sums over all calls that came over a connection, but for those that wait by design: long polls.
#[derive(Debug, Default)]
pub struct Timing {
    calls: AtomicU64,
    nanoseconds: AtomicU64,
    authorizing: AtomicU64,
}

impl Timing {
    pub(super) fn record(&self, service: &str, whole: Duration, authorizing: Duration) {
        if matches!(service, "ec2messages" | "ssmmessages" | "sqs") {
            return;
        }
        let nanoseconds = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds(whole), Ordering::Relaxed);
        self.authorizing.fetch_add(nanoseconds(authorizing), Ordering::Relaxed);
    }

    /// How many calls were counted.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Mean time of a call from its head to its answer.
    pub fn call(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed).checked_div(self.calls()).unwrap_or_default())
    }

    /// Mean time that the authorization of a call takes.
    pub fn authorization(&self) -> Duration {
        Duration::from_nanos(self.authorizing.load(Ordering::Relaxed).checked_div(self.calls()).unwrap_or_default())
    }
}
