//! What Scheduler's calls are about.

use nightproof_core::document::Members as _;
use nightproof_core::service::{Call, arn};
use serde_json::Value;

use crate::group::DEFAULT;
use crate::records::Scheduler;

impl Scheduler {
    /// Schedules by the names of their group and their own.
    pub(super) fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let group = input.text("GroupName").unwrap_or(DEFAULT);
        match kind {
            "schedule" => vec![call.arn("scheduler", format!("schedule/{group}/{}", input.text("Name").unwrap_or_default()))],
            "schedules" => vec![call.arn("scheduler", format!("schedule/{}/*", input.text("GroupName").unwrap_or("*")))],
            _ => Vec::new(),
        }
    }

    /// The tags of a group, which its schedules do not have.
    pub(super) fn tags_of(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let name = arn::resource_of(arn).strip_prefix("schedule-group/").unwrap_or_default();
        self.with_existing(account, |groups| groups.get(name).map(|group| group.tags.pairs())).flatten().unwrap_or_default()
    }
}
