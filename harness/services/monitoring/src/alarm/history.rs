//! What happened to alarms, for a month.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html>

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::record::{Alarm, Change};
use super::state::Verdict;

/// Items of an account that are kept; the earliest go first.
const KEPT: usize = 10_000;
const AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Characters of an item's data.
const DATA: usize = 4095;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemType {
    ConfigurationUpdate,
    StateUpdate,
    Action,
}

impl ItemType {
    pub(crate) const NAMES: [&str; 6] =
        ["ConfigurationUpdate", "StateUpdate", "Action", "AlarmContributorStateUpdate", "AlarmContributorAction", "LogAlarm"];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ConfigurationUpdate => "ConfigurationUpdate",
            Self::StateUpdate => "StateUpdate",
            Self::Action => "Action",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) alarm: String,
    /// `MetricAlarm`
    pub(crate) alarm_type: &'static str,
    pub(crate) item_type: ItemType,
    pub(crate) time: Timestamp,
    summary: String,
    data: String,
}

/// The items of an account, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct History(VecDeque<Item>);

impl History {
    pub(crate) fn add(&mut self, item: Item) {
        while self.0.front().is_some_and(|first| self.0.len() >= KEPT || item.time.duration_since(first.time) > AGE) {
            self.0.pop_front();
        }
        self.0.push_back(item);
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }
}

impl Item {
    fn new(alarm: &Alarm, item_type: ItemType, time: Timestamp, summary: String, mut data: Value) -> Self {
        let summary = summary.chars().take(255).collect();
        if data.to_string().len() > DATA
            && let Some(members) = data.as_object_mut()
        {
            members.remove("publishedMessage");
        }
        let data = Some(data.to_string()).filter(|data| data.len() <= DATA).unwrap_or_else(|| "{}".to_owned());
        Self { alarm: alarm.name().to_owned(), alarm_type: alarm.kind.name(), item_type, time, summary, data }
    }

    /// The alarm was made, changed from what it was, or deleted.
    pub(crate) fn configured(alarm: &Alarm, before: Option<&Alarm>, time: Timestamp) -> Self {
        let (verb, data) = match before {
            None => ("created", json!({ "version": "1.0", "type": "Create", "createdAlarm": configuration(alarm) })),
            Some(before) => {
                let original = configuration(before);
                (
                    "updated",
                    json!({ "version": "1.0", "type": "Update", "updatedAlarm": configuration(alarm), "originalUpdatedFields": original }),
                )
            }
        };
        Self::new(alarm, ItemType::ConfigurationUpdate, time, format!("Alarm \"{}\" {verb}", alarm.name()), data)
    }

    pub(crate) fn deleted(alarm: &Alarm, time: Timestamp) -> Self {
        let data = json!({ "version": "1.0", "type": "Delete", "deletedAlarm": configuration(alarm) });
        Self::new(alarm, ItemType::ConfigurationUpdate, time, format!("Alarm \"{}\" deleted", alarm.name()), data)
    }

    pub(crate) fn changed(change: &Change) -> Self {
        let Change { alarm, before, .. } = change;
        let summary = format!("Alarm updated from {} to {}", before.verdict.state.name(), alarm.state().name());
        let data = json!({ "version": "1.0", "oldState": state(&before.verdict), "newState": state(&alarm.state.verdict) });
        Self::new(alarm, ItemType::StateUpdate, alarm.state.transitioned, summary, data)
    }

    /// An action was done, or failed.
    pub(crate) fn acted(alarm: &Alarm, action: &str, message: &Value, error: Option<&str>, time: Timestamp) -> Self {
        let summary = match error {
            None => format!("Successfully executed action {action}"),
            Some(error) => format!("Failed to execute action {action}. Received error: \"{error}\""),
        };
        let mut data = json!({
            "actionState": if error.is_none() { "Succeeded" } else { "Failed" },
            "stateUpdateTimestamp": alarm.state.updated.as_millisecond(),
            "notificationResource": action,
            "publishedMessage": message.to_string(),
        });
        if let (Some(error), Some(members)) = (error, data.as_object_mut()) {
            members.insert("error".to_owned(), error.into());
        }
        Self::new(alarm, ItemType::Action, time, summary, data)
    }

    pub(crate) fn describe(&self) -> Value {
        json!({
            "AlarmName": self.alarm,
            "AlarmType": self.alarm_type,
            "Timestamp": self.time.to_string(),
            "HistoryItemType": self.item_type.name(),
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        })
    }
}

/// The configuration of an alarm as histories have it: its members with small letters.
fn configuration(alarm: &Alarm) -> Value {
    let mut shown = Map::new();
    alarm.configuration.describe(&mut shown);
    match &alarm.kind {
        super::record::Kind::Metric(alarm) => alarm.describe(&mut shown),
        super::record::Kind::Composite(alarm) => alarm.describe(&mut shown),
    }
    let small = |name: String| {
        let mut characters = name.chars();
        characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect::<String>()
    };
    Value::Object(shown.into_iter().map(|(name, value)| (small(name), value)).collect())
}

fn state(verdict: &Verdict) -> Value {
    let mut shown = json!({ "stateValue": verdict.state.name(), "stateReason": verdict.reason });
    let data = verdict.reason_data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok());
    if let (Some(data), Some(members)) = (data, shown.as_object_mut()) {
        members.insert("stateReasonData".to_owned(), data);
    }
    shown
}
