//! Point-in-time recovery: what was changed while it is enabled, so that a table can be made as it was at any second of the last days.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html>

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::whole_seconds;
use serde_json::{Value, json};

use crate::attribute::Item;
use crate::schema::ItemKey;

/// How far a table can be restored to before now: the latest time that can be.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);
/// The longest period, and the one that is meant if none is given.
pub(crate) const MOST_DAYS: i64 = 35;

/// The record of a table's changes.
#[derive(Debug, Clone)]
pub(crate) struct PointInTime {
    pub(crate) since: Timestamp,
    pub(crate) days: i64,
    /// When an item was changed, and what it was before.
    changes: VecDeque<(Timestamp, ItemKey, Option<Item>)>,
}

impl PointInTime {
    pub(crate) fn new(since: Timestamp, days: i64) -> Self {
        Self { since, days, changes: VecDeque::new() }
    }

    fn period(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * self.days)
    }

    /// Notes what an item was before it is changed, and forgets what is too old.
    pub(crate) fn note(&mut self, now: Timestamp, key: &ItemKey, before: Option<&Item>) {
        let period = self.period();
        while self.changes.front().is_some_and(|(at, ..)| now.duration_since(*at) > period) {
            self.changes.pop_front();
        }
        self.changes.push_back((now, key.clone(), before.cloned()));
    }

    /// The earliest and the latest time that the table can be restored to; whole seconds.
    pub(crate) fn bounds(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let earliest = self.since.max(now - self.period());
        (whole_seconds(earliest), whole_seconds(earliest.max(now - BEHIND)))
    }

    /// The items as they were at a time, of those that are there now.
    pub(crate) fn items_at(&self, time: Timestamp, now: &BTreeMap<ItemKey, Item>) -> BTreeMap<ItemKey, Item> {
        let mut items = now.clone();
        for (_, key, before) in self.changes.iter().rev().take_while(|(at, ..)| *at > time) {
            match before {
                Some(item) => items.insert(key.clone(), item.clone()),
                None => items.remove(key),
            };
        }
        items
    }

    /// `ContinuousBackupsDescription` of a table with or without it.
    pub(crate) fn describe(this: Option<&Self>, now: Timestamp) -> Value {
        let recovery = match this {
            None => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
            Some(this) => {
                let (earliest, latest) = this.bounds(now);
                json!({
                    "PointInTimeRecoveryStatus": "ENABLED",
                    "RecoveryPeriodInDays": this.days,
                    "EarliestRestorableDateTime": earliest.to_string(),
                    "LatestRestorableDateTime": latest.to_string(),
                })
            }
        };
        json!({ "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery })
    }
}
