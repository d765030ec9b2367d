//! Archives: events of a bus, kept to be replayed.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html>

use jiff::{SignedDuration, Timestamp};
use nightproof_event_pattern::Pattern;
use serde_json::{Map, Value, json};

/// An archive with its events.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The ARN of the bus.
    pub(crate) source: String,
    pub(crate) description: Option<String>,
    /// Which events are kept; all if there is none.
    pub(crate) pattern: Option<(String, Pattern)>,
    /// Zero: for ever.
    pub(crate) retention_days: i64,
    pub(crate) created: Timestamp,
    pub(crate) events: Vec<Archived>,
}

/// An event that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Archived {
    taken: Timestamp,
    /// The time that the event has.
    pub(crate) time: Timestamp,
    pub(crate) event: Value,
}

impl Archive {
    /// Keeps an event of its bus if it is one to keep. What a replay sent is not kept again.
    pub(crate) fn take(&mut self, event: &Value, now: Timestamp) {
        let wanted = self.pattern.as_ref().is_none_or(|(_, pattern)| pattern.matches(event));
        if !wanted || event.get("replay-name").is_some() {
            return;
        }
        let time = event.get("time").and_then(Value::as_str).and_then(|time| time.parse().ok()).unwrap_or(now);
        self.events.push(Archived { taken: now, time, event: event.clone() });
    }

    /// Forgets the events whose retention is over.
    pub(crate) fn purge(&mut self, now: Timestamp) {
        if self.retention_days > 0 {
            let kept = SignedDuration::from_hours(24 * self.retention_days);
            self.events.retain(|archived| now.duration_since(archived.taken) <= kept);
        }
    }

    /// What creating and changing an archive returns.
    pub(crate) fn state(&self) -> Value {
        json!({ "ArchiveArn": self.arn, "State": "ENABLED", "CreationTime": self.created.to_string() })
    }

    /// The shape `Archive`.
    pub(crate) fn listed(&self) -> Value {
        let size: usize = self.events.iter().map(|archived| archived.event.to_string().len()).sum();
        json!({
            "ArchiveName": self.name,
            "EventSourceArn": self.source,
            "State": "ENABLED",
            "RetentionDays": self.retention_days,
            "SizeBytes": size,
            "EventCount": self.events.len(),
            "CreationTime": self.created.to_string(),
        })
    }

    /// `DescribeArchiveResponse`.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = match self.listed() {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        shown.insert("ArchiveArn".into(), self.arn.clone().into());
        if let Some(description) = &self.description {
            shown.insert("Description".into(), description.clone().into());
        }
        if let Some((pattern, _)) = &self.pattern {
            shown.insert("EventPattern".into(), pattern.clone().into());
        }
        Value::Object(shown)
    }
}
