//! Versions that wait to be replicated.

use std::collections::VecDeque;

use nightproof_core::in_flight::{Count, InFlight};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Versions that are to be replicated, in the order in which they were written.
#[derive(Default)]
pub(crate) struct ReplicationQueue {
    waiting: Mutex<VecDeque<ReplicationJob>>,
    wake: Notify,
    in_flight: Count,
}

/// A version that is to be replicated; in flight as long as it lives.
pub(crate) struct ReplicationJob {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: String,
    _in_flight: InFlight,
}

impl ReplicationQueue {
    /// Adds a version.
    pub(crate) fn push(&self, bucket: &str, key: &str, version: &str) {
        let job = ReplicationJob {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version: version.to_owned(),
            _in_flight: self.in_flight.begin(),
        };
        self.waiting.lock().push_back(job);
        self.wake.notify_one();
    }

    /// The next version, once there is one.
    pub(crate) async fn next(&self) -> ReplicationJob {
        loop {
            let job = self.waiting.lock().pop_front();
            match job {
                Some(job) => return job,
                None => self.wake.notified().await,
            }
        }
    }

    /// Returns when nothing is on its way to another bucket.
    pub(crate) async fn quiet(&self) -> bool {
        self.in_flight.quiet().await
    }
}
