//! Schedules, as they are kept.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::settings::{Settings, Timing};

/// A schedule of a group.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) settings: Settings,
    pub(crate) timing: Timing,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    /// The last occurrence that fired.
    pub(crate) last: Option<Timestamp>,
    /// Ends the task that waits for the next occurrence.
    pub(crate) waiting: CancellationToken,
}

impl Schedule {
    /// Whether it fires.
    pub(crate) fn is_enabled(&self) -> bool {
        self.settings.state == "ENABLED"
    }

    /// When it is due next.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        // From where a schedule that was changed counts.
        self.timing.next(self.modified, self.last)
    }

    /// The output of `GetSchedule`.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = json!(self.settings);
        if let Some(members) = shown.as_object_mut() {
            for (name, value) in [
                ("Arn", self.arn.clone()),
                ("GroupName", self.group.clone()),
                ("Name", self.name.clone()),
                ("CreationDate", self.created.to_string()),
                ("LastModificationDate", self.modified.to_string()),
            ] {
                members.insert(name.to_owned(), value.into());
            }
        }
        shown
    }

    /// An item of `ListSchedules`.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "Arn": self.arn,
            "CreationDate": self.created.to_string(),
            "GroupName": self.group,
            "LastModificationDate": self.modified.to_string(),
            "Name": self.name,
            "State": self.settings.state,
            "Target": { "Arn": self.settings.target.arn },
        })
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.waiting.cancel();
    }
}
