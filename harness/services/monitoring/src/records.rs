//! The records: alarms, their histories and dashboards, by account.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::AccountStore;
use tokio::sync::{Notify, watch as channel};

use crate::alarm::{Alarm, History};
use crate::dashboard::Dashboard;

/// The service `monitoring`. It keeps alarms and dashboards; the region keeps metrics, which other services count too.
#[derive(Debug)]
pub struct CloudWatch {
    records: AccountStore<Records>,
    /// The moment up to which alarms have been evaluated and their actions are done.
    pub(crate) evaluated: channel::Sender<Timestamp>,
    /// Told when there may be something to do earlier than was known.
    pub(crate) changed: Notify,
}

/// What an account has.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// By name; metric alarms and composite ones have their names in common.
    pub(crate) alarms: BTreeMap<String, Alarm>,
    pub(crate) history: History,
    /// By name.
    pub(crate) dashboards: BTreeMap<String, Dashboard>,
}

impl CloudWatch {
    /// A service without alarms.
    pub fn new() -> Arc<Self> {
        let evaluated = channel::Sender::new(Timestamp::MIN);
        Arc::new(Self { records: AccountStore::default(), evaluated, changed: Notify::new() })
    }

    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut Records) -> T) -> T {
        self.records.with(account, act)
    }

    pub(crate) fn accounts(&self) -> Vec<String> {
        self.records.lock().keys().cloned().collect()
    }
}
