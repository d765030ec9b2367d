//! A maintenance window.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::AwsError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::target::WindowTarget;
use super::task::WindowTask;
use crate::timing::{Timing, TimingSettings};

/// The resource type that windows have in operations on tags.
pub(crate) const TAGGED_AS: &str = "MaintenanceWindow";

/// What a window says of itself.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateMaintenanceWindow.html>
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WindowSettings {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_date: Option<String>,
    pub(crate) schedule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schedule_timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schedule_offset: Option<i64>,
    /// Hours.
    pub(crate) duration: i64,
    /// Hours before its end in which no task begins any more.
    pub(crate) cutoff: i64,
    pub(crate) allow_unassociated_targets: bool,
    #[serde(default = "enabled")]
    pub(crate) enabled: bool,
}

fn enabled() -> bool {
    true
}

impl WindowSettings {
    /// # Errors
    /// `ValidationException` for what AWS refuses.
    pub(crate) fn timing(&self) -> Result<Timing, AwsError> {
        if self.cutoff >= self.duration {
            return Err(AwsError::validation("Cutoff must be less than Duration."));
        }
        // An empty date takes one away.
        let date = |text: &'_ Option<String>| text.clone().filter(|text| !text.is_empty());
        let (start, end) = (date(&self.start_date), date(&self.end_date));
        Timing::new(&TimingSettings {
            schedule: &self.schedule,
            zone: self.schedule_timezone.as_deref(),
            start: start.as_deref(),
            end: end.as_deref(),
            offset: self.schedule_offset,
        })
    }
}

/// A window's record.
#[derive(Debug)]
pub(crate) struct MaintenanceWindow {
    pub(crate) id: String,
    pub(crate) settings: WindowSettings,
    pub(crate) timing: Timing,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    /// When it opened last.
    pub(crate) last: Option<Timestamp>,
    pub(crate) targets: BTreeMap<String, WindowTarget>,
    pub(crate) tasks: BTreeMap<String, WindowTask>,
    /// Ends the task that waits for its next opening.
    pub(crate) waiting: CancellationToken,
}

impl MaintenanceWindow {
    /// From where it counts: what it was last changed to, and when it last opened.
    pub(crate) fn since(&self) -> (Timestamp, Timestamp) {
        (self.modified, self.last.unwrap_or(self.modified))
    }

    /// When it opens next after `now`, if it is enabled.
    pub(crate) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.timing.next_after(self.modified, now).filter(|_| self.settings.enabled)
    }

    /// After how long no task begins any more.
    pub(crate) fn cutoff(&self) -> SignedDuration {
        SignedDuration::from_hours(self.settings.duration.saturating_sub(self.settings.cutoff))
    }

    /// An item of `DescribeMaintenanceWindows`.
    pub(crate) fn summary(&self, now: Timestamp) -> Value {
        let mut shown = json!(self.settings);
        if let Some(members) = shown.as_object_mut() {
            members.remove("AllowUnassociatedTargets");
            members.insert("WindowId".to_owned(), self.id.as_str().into());
            if let Some(next) = self.next(now) {
                members.insert("NextExecutionTime".to_owned(), opening_time(next).into());
            }
        }
        shown
    }

    /// The output of `GetMaintenanceWindow`.
    pub(crate) fn describe(&self, now: Timestamp) -> Value {
        let mut shown = self.summary(now);
        if let Some(members) = shown.as_object_mut() {
            let (created, modified) = (self.created.to_string(), self.modified.to_string());
            members.insert("AllowUnassociatedTargets".to_owned(), self.settings.allow_unassociated_targets.into());
            members.insert("CreatedDate".to_owned(), created.into());
            members.insert("ModifiedDate".to_owned(), modified.into());
        }
        shown
    }
}

/// A time at which a window opens, as AWS writes it: without seconds if there are none.
pub(crate) fn opening_time(time: Timestamp) -> String {
    let format = if time.as_second() % 60 == 0 { "%Y-%m-%dT%H:%MZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    time.strftime(format).to_string()
}

impl Drop for MaintenanceWindow {
    fn drop(&mut self) {
        self.waiting.cancel();
    }
}
