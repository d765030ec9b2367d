//! The records: alarms by account and name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch as channel;

use crate::alarm::Alarm;

/// The service `monitoring`. It keeps alarms; services count into the region.
#[derive(Debug)]
pub struct CloudWatch {
    /// Alarms by account and name.
    pub(crate) alarms: Mutex<HashMap<String, BTreeMap<String, Alarm>>>,
    /// The moment up to which alarms have been evaluated and their topics are notified.
    pub(crate) evaluated: channel::Sender<Timestamp>,
}

impl CloudWatch {
    /// A service without alarms.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { alarms: Mutex::default(), evaluated: channel::Sender::new(Timestamp::MIN) })
    }

    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut BTreeMap<String, Alarm>) -> T) -> T {
        let mut alarms = self.alarms.lock();
        act(alarms.entry(account.to_owned()).or_default())
    }

    pub(crate) fn accounts(&self) -> Vec<String> {
        self.alarms.lock().keys().cloned().collect()
    }
}
