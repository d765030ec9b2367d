//! The records: groups with their schedules, by account.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::{Arn, AwsError, Call};
use nightproof_core::{AccountStore, Region, in_flight};

use crate::error::{no_group, no_schedule};
use crate::group::{DEFAULT, Group};
use crate::schedule::Schedule;

/// The groups of an account by name.
pub(crate) type Groups = BTreeMap<String, Group>;

/// The service `scheduler`.
pub struct Scheduler {
    accounts: AccountStore<Groups>,
    /// Deliveries in flight; those that wait for a retry are not counted.
    pub(crate) in_flight: in_flight::Count,
    pub(crate) this: Weak<Self>,
}

impl Scheduler {
    /// A service without schedules.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            accounts: AccountStore::default(),
            in_flight: in_flight::Count::default(),
            this: this.clone(),
        })
    }

    /// When an enabled schedule has fired next, its flexible time window included.
    pub fn next_occurrence(&self, account: &str, group: &str, name: &str, now: Timestamp) -> Option<Timestamp> {
        self.accounts.with(account, |groups| {
            let schedule = groups.get(group)?.schedules.get(name).filter(|schedule| schedule.is_enabled())?;
            let mut next = schedule.next()?;
            if next <= now {
                next = schedule.timing.next(schedule.modified, Some(schedule.timing.last_due(next, now)))?;
            }
            next.checked_add(SignedDuration::from_mins(schedule.timing.window)).ok()
        })
    }

    /// Resolves once no delivery is in flight, at the latest after half a minute.
    pub async fn quiet(&self) {
        self.in_flight.quiet().await;
    }

    /// Runs `act` on the groups of an account, which has its default group from the start.
    pub(crate) fn with<T>(&self, region: &Region, account: &str, act: impl FnOnce(&mut Groups) -> T) -> T {
        self.accounts.with(account, |groups| {
            groups.entry(DEFAULT.to_owned()).or_insert_with(|| {
                let arn = Arn::new("scheduler", region.name(), account, format!("schedule-group/{DEFAULT}")).to_string();
                Group::new(arn, DEFAULT, region.clock().now())
            });
            act(groups)
        })
    }

    /// Runs `act` on the groups of an account whom nobody may have called for yet.
    pub(crate) fn with_existing<T>(&self, account: &str, act: impl FnOnce(&Groups) -> T) -> Option<T> {
        self.accounts.lock().get(account).map(act)
    }

    /// Runs `act` on a group of the caller's account, the default one without a name.
    pub(crate) fn with_group<T>(
        &self,
        call: &Call,
        name: Option<&str>,
        act: impl FnOnce(&mut Group) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let name = name.unwrap_or(DEFAULT);
        self.with(&call.region, call.account(), |groups| groups.get_mut(name).ok_or_else(|| no_group(name)).and_then(act))
    }

    /// Runs `act` on a schedule, by the names of its group and its own.
    pub(crate) fn with_schedule<T>(
        &self,
        call: &Call,
        group: Option<&str>,
        name: &str,
        act: impl FnOnce(&mut Schedule) -> T,
    ) -> Result<T, AwsError> {
        self.with_group(call, group, |group| group.schedules.get_mut(name).map(act).ok_or_else(|| no_schedule(name)))
    }
}
