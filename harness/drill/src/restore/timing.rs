//! How long the parts of a restore take.

use std::time::Duration;

use tokio::time::Instant;

use crate::numbers::RestorePart;

/// The part that gets what was backed up.
pub(crate) const FETCH: &str = "fetch";
/// The part that compares what came back.
pub(crate) const COMPARE: &str = "compare";

/// The parts of a night's restore, in the order in which they were first begun.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timing(Vec<(&'static str, Duration)>);

impl Timing {
    /// Does `work`, and adds its time to that of `part`.
    pub(crate) async fn of<T>(&mut self, part: &'static str, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        self.add(part, begun.elapsed());
        done
    }

    /// Adds to the time of `part`.
    pub(crate) fn add(&mut self, part: &'static str, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == part) {
            Some((_, sum)) => *sum += time,
            None => self.0.push((part, time)),
        }
    }

    /// As the outcome has it.
    pub(crate) fn parts(&self) -> Vec<RestorePart> {
        let part =
            |(part, time): &(&str, Duration)| RestorePart { part: (*part).to_owned(), milliseconds: time.as_secs_f64() * 1000.0 };
        self.0.iter().map(part).collect()
    }
}
