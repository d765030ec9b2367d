//! The task that waits for what is due next, on the region's clock.

use jiff::Timestamp;
use nightproof_core::Region;
use tokio_util::sync::CancellationToken;

use crate::timing::Timing;

/// Calls `act` with each occurrence of `timing` after `last`, until `waiting` is cancelled. Moved over several occurrences at once, the clock
/// makes the last of them due.
pub(crate) fn at_each(
    region: &Region,
    timing: Timing,
    (since, last): (Timestamp, Timestamp),
    waiting: CancellationToken,
    act: impl Fn(Timestamp) + Send + 'static,
) {
    let region = region.clone();
    region.clone().tasks().spawn(async move {
        let mut last = last;
        while let Some(next) = timing.next_after(since, last) {
            tokio::select! {
                () = region.clock().sleep_until(next) => {}
                () = waiting.cancelled() => return,
                () = region.stopping().cancelled() => return,
            }
            // Cancelled while it was waking: it has been changed, disabled or deleted.
            if waiting.is_cancelled() {
                return;
            }
            last = timing.last_due(since, next, region.clock().now());
            act(last);
        }
    });
}
