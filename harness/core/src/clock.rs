//! The region's clock: real time plus an offset that a drill can move forward. Signatures and TLS read real time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Region time. Clones share one offset.
#[derive(Debug, Clone)]
pub struct Clock {
    offset: Arc<watch::Sender<SignedDuration>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { offset: Arc::new(watch::Sender::new(SignedDuration::ZERO)) }
    }
}

impl Clock {
    /// The time of the outside world, which signatures are checked against.
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    pub fn real_now() -> Timestamp {
        Timestamp::now()
    }

    /// Region time.
    pub fn now(&self) -> Timestamp {
        Self::real_now().saturating_add(*self.offset.borrow()).unwrap_or(Timestamp::MAX)
    }

    /// Moves region time forward to `to`; a time in the past changes nothing. Everybody who waits in [`Clock::sleep_until`]
    /// for a moment that has come is woken.
    pub fn advance_to(&self, to: Timestamp) {
        let ahead = to.duration_since(self.now());
        if ahead > SignedDuration::ZERO {
            self.offset.send_modify(|offset| *offset = offset.saturating_add(ahead));
        }
    }

    /// Returns when region time has reached `deadline`, however it got there.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        let mut moved = self.offset.subscribe();
        loop {
            let left = deadline.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            // At most an hour at a time, so that a far deadline is no special case of the timer.
            let nap = left.min(Duration::from_secs(3600));
            tokio::select! {
                () = tokio::time::sleep(nap) => {}
                _ = moved.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved() {
        let clock = Clock::default();
        let deadline = clock.now() + SignedDuration::from_hours(24);
        let sleeper = {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep_until(deadline).await })
        };
        tokio::task::yield_now().await;
        clock.advance_to(deadline);
        tokio::time::timeout(Duration::from_secs(5), sleeper).await.expect("woken").expect("no panic");
        assert!(clock.now() >= deadline);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let clock = Clock::default();
        let before = clock.now();
        clock.advance_to(before - SignedDuration::from_hours(1));
        assert!(clock.now() >= before);
    }
}
