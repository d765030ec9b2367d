//! When maintenance windows open.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::maintenance_windows::window::{MaintenanceWindow, opening_time};
use crate::page::page;
use crate::records::Ssm;

/// `DescribeMaintenanceWindowSchedule`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindowSchedule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeMaintenanceWindowSchedule {
    window_id: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// The openings that come, at most so many.
fn openings(window: &MaintenanceWindow, now: Timestamp, most: usize) -> Vec<(Timestamp, Value)> {
    let mut last = now;
    let next = || {
        last = window.next(last)?;
        let shown = json!({
            "WindowId": window.id,
            "Name": window.settings.name,
            "ExecutionTime": opening_time(last),
        });
        Some((last, shown))
    };
    std::iter::from_fn(next).take(most).collect()
}

impl Ssm {
    /// The openings of a window, or of all, that come next.
    pub(crate) fn describe_maintenance_window_schedule(
        &self,
        call: &Call,
        input: DescribeMaintenanceWindowSchedule,
    ) -> Result<Value, AwsError> {
        let size = input.max_results.unwrap_or(10);
        let start = input.next_token.as_deref().and_then(|token| token.parse::<usize>().ok()).unwrap_or(0);
        // One more, to know whether there is another page.
        let most = start.saturating_add(size).saturating_add(1);
        let mut found = match &input.window_id {
            Some(id) => self.with_window(call, id, |window| Ok(openings(window, call.now, most)))?,
            None => self.with(call.account(), |records| {
                records.windows.values().flat_map(|window| openings(window, call.now, most)).collect()
            }),
        };
        found.sort_by_key(|(time, _)| *time);
        found.truncate(most);
        let found = found.into_iter().map(|(_, shown)| shown).collect();
        page("ScheduledWindowExecutions", found, input.next_token.as_deref(), size)
    }
}
