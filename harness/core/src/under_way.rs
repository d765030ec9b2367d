//! How much of something is under way at this moment, for those who wait until nothing is.

use std::time::Duration;

use tokio::sync::watch;

/// How much is under way.
#[derive(Debug, Default)]
pub struct Count(watch::Sender<usize>);

impl Count {
    /// One more, as long as what is answered is kept.
    pub fn begin(&self) -> UnderWay {
        self.0.send_modify(|count| *count += 1);
        UnderWay { count: self.0.clone(), counted: true }
    }

    /// Returns when nothing is under way, or `bound` has passed.
    pub async fn none(&self, bound: Duration) {
        let mut count = self.0.subscribe();
        // The sender is this one: that it is gone is no end either.
        let _ = tokio::time::timeout(bound, count.wait_for(|count| *count == 0)).await;
    }
}

/// Something that is under way.
#[derive(Debug)]
pub struct UnderWay {
    count: watch::Sender<usize>,
    counted: bool,
}

impl UnderWay {
    /// While it waits to be tried again it is not.
    pub fn pause(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.count.send_modify(|count| *count = count.saturating_sub(1));
        }
    }

    /// It is tried again.
    pub fn go_on(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.count.send_modify(|count| *count += 1);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.pause();
    }
}
