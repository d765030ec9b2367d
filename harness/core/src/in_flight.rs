//! A count of what is in flight, for those who wait until nothing is.

use std::time::Duration;

use tokio::sync::watch;

/// The longest wait of [`Count::quiet`]: one that work which is still done does not meet, however slow the machine.
const LONGEST: Duration = Duration::from_secs(30);

/// The number of things in flight.
#[derive(Debug, Default)]
pub struct Count(watch::Sender<usize>);

impl Count {
    /// Adds one, until the returned value is dropped.
    pub fn begin(&self) -> InFlight {
        self.0.send_modify(|count| *count += 1);
        InFlight { count: self.0.clone(), counted: true }
    }

    /// Returns when nothing is in flight, or half a minute has passed; true if nothing is.
    pub async fn quiet(&self) -> bool {
        self.none(LONGEST).await
    }

    /// Returns when nothing is in flight, or `bound` has passed; true if nothing is.
    pub async fn none(&self, bound: Duration) -> bool {
        let mut count = self.0.subscribe();
        // The sender is this one: that it is gone is no end either.
        tokio::time::timeout(bound, count.wait_for(|count| *count == 0)).await.is_ok()
    }
}

/// Something that is in flight.
#[derive(Debug)]
pub struct InFlight {
    count: watch::Sender<usize>,
    counted: bool,
}

impl InFlight {
    /// Does not count while it waits for a retry.
    pub fn pause(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.count.send_modify(|count| *count = count.saturating_sub(1));
        }
    }

    /// Counts again.
    pub fn go_on(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.count.send_modify(|count| *count += 1);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.pause();
    }
}
