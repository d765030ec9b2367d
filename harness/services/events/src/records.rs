//! The records: buses with their rules, archives, replays, connections and API destinations, by account.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightproof_core::service::{Arn, AwsError, Call};
use nightproof_core::{AccountStore, Region, in_flight};

use crate::archive::Archive;
use crate::bus::{Bus, BusName, DEFAULT};
use crate::connection::{ApiDestination, Connection};
use crate::error::{no_bus, no_rule};
use crate::replay::Replay;
use crate::rule::Rule;

/// What an account has, each by its name.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) buses: BTreeMap<String, Bus>,
    pub(crate) archives: BTreeMap<String, Archive>,
    pub(crate) replays: BTreeMap<String, Replay>,
    pub(crate) connections: BTreeMap<String, Connection>,
    pub(crate) destinations: BTreeMap<String, ApiDestination>,
}

/// The service `events`.
pub struct Events {
    accounts: AccountStore<Account>,
    /// Deliveries in flight; those that wait for a retry are not counted.
    pub(crate) in_flight: in_flight::Count,
    pub(crate) this: Weak<Self>,
}

impl Events {
    /// A service without rules.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            accounts: AccountStore::default(),
            in_flight: in_flight::Count::default(),
            this: this.clone(),
        })
    }

    /// When an enabled rule of the default bus fires next by its schedule.
    pub fn next_occurrence(&self, account: &str, rule: &str, now: Timestamp) -> Option<Timestamp> {
        self.accounts.with(account, |records| {
            let rule = records.buses.get(DEFAULT)?.rules.get(rule).filter(|rule| rule.enabled)?;
            let (_, schedule) = rule.schedule.as_ref()?;
            let mut next = schedule.next_after(rule.since, &TimeZone::UTC)?;
            if next <= now {
                next = schedule.next_after(schedule.last_due(next, now, &TimeZone::UTC), &TimeZone::UTC)?;
            }
            Some(next)
        })
    }

    /// Resolves once no delivery is in flight, at the latest after half a minute.
    pub async fn quiet(&self) {
        self.in_flight.quiet().await;
    }

    /// Runs `act` on the records of an account, which has its default bus from the start.
    pub(crate) fn with<T>(&self, region: &Region, account: &str, act: impl FnOnce(&mut Account) -> T) -> T {
        self.accounts.with(account, |records| {
            records.buses.entry(DEFAULT.to_owned()).or_insert_with(|| {
                let arn = Arn::new("events", region.name(), account, format!("event-bus/{DEFAULT}")).to_string();
                Bus::new(arn, DEFAULT, region.clock().now())
            });
            act(records)
        })
    }

    /// Runs `act` on the records of an account whom nobody may have called for yet.
    pub(crate) fn with_existing<T>(&self, account: &str, act: impl FnOnce(&Account) -> T) -> Option<T> {
        self.accounts.lock().get(account).map(act)
    }

    /// Runs `act` on a bus of the caller's account, by its name or ARN.
    pub(crate) fn with_bus<T>(
        &self,
        call: &Call,
        name: Option<&str>,
        act: impl FnOnce(&mut Bus) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let BusName { account, name } = BusName::new(call, name);
        let own = account == call.account();
        self.with(&call.region, call.account(), |records| match records.buses.get_mut(&name).filter(|_| own) {
            Some(bus) => act(bus),
            None => Err(no_bus(&name)),
        })
    }

    /// Runs `act` on a rule, by the names of its bus and its own.
    pub(crate) fn with_rule<T>(
        &self,
        call: &Call,
        bus: Option<&str>,
        name: &str,
        act: impl FnOnce(&mut Rule) -> T,
    ) -> Result<T, AwsError> {
        self.with_bus(call, bus, |bus| match bus.rules.get_mut(name) {
            Some(rule) => Ok(act(rule)),
            None => Err(no_rule(name, &bus.name)),
        })
    }
}
