//! The records: rules by account and name.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use nightproof_core::AccountStore;
use nightproof_core::in_flight;
use nightproof_core::service::{AwsError, Call};
use parking_lot::MutexGuard;

use crate::bus::require_default_bus;
use crate::error::no_rule;
use crate::rule::Rule;

/// The longest wait for targets that do not reply.
pub(crate) const QUIET_BOUND: Duration = Duration::from_secs(5);

/// The service `events`.
pub struct Events {
    /// Rules of the default bus, by account and name.
    pub(crate) rules: AccountStore<BTreeMap<String, Rule>>,
    /// Deliveries in flight; those that wait for a retry are not counted.
    pub(crate) in_flight: in_flight::Count,
    pub(crate) this: Weak<Self>,
}

impl Events {
    /// A service without rules.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            rules: AccountStore::default(),
            in_flight: in_flight::Count::default(),
            this: this.clone(),
        })
    }

    /// When an enabled rule fires next by its schedule.
    pub fn next_occurrence(&self, account: &str, rule: &str, now: Timestamp) -> Option<Timestamp> {
        let rules = self.lock();
        let rule = rules.get(account)?.get(rule).filter(|rule| rule.enabled)?;
        let (_, schedule) = rule.schedule.as_ref()?;
        let mut next = schedule.next_after(rule.since)?;
        if next <= now {
            next = schedule.next_after(schedule.last_due(next, now))?;
        }
        Some(next)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<String, BTreeMap<String, Rule>>> {
        self.rules.lock()
    }

    /// Resolves once no delivery is in flight, at the latest after five seconds.
    pub async fn quiet(&self) {
        self.in_flight.none(QUIET_BOUND).await;
    }

    /// Runs `act` on a rule, by the names of its bus and its own.
    pub(crate) fn with_rule<T>(
        &self,
        call: &Call,
        bus: Option<&str>,
        name: &str,
        act: impl FnOnce(&mut Rule) -> T,
    ) -> Result<T, AwsError> {
        require_default_bus(bus)?;
        let mut rules = self.lock();
        match rules.get_mut(call.account()).and_then(|rules| rules.get_mut(name)) {
            Some(rule) => Ok(act(rule)),
            None => Err(no_rule(name)),
        }
    }
}
