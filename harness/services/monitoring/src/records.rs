//! The records: alarms by account and name.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::AccountStore;
use tokio::sync::watch as channel;

use crate::alarm::Alarm;

/// The service `monitoring`. It keeps alarms; services count into the region.
#[derive(Debug)]
pub struct CloudWatch {
    /// Alarms by account and name.
    pub(crate) alarms: AccountStore<BTreeMap<String, Alarm>>,
    /// The moment up to which alarms have been evaluated and their topics are notified.
    pub(crate) evaluated: channel::Sender<Timestamp>,
}

impl CloudWatch {
    /// A service without alarms.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { alarms: AccountStore::default(), evaluated: channel::Sender::new(Timestamp::MIN) })
    }

    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut BTreeMap<String, Alarm>) -> T) -> T {
        self.alarms.with(account, act)
    }

    pub(crate) fn accounts(&self) -> Vec<String> {
        self.alarms.lock().keys().cloned().collect()
    }
}
