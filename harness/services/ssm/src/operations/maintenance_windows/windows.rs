//! Maintenance windows: making, changing, describing and deleting them.

use std::collections::BTreeMap;

use nightproof_core::credentials::random_string;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::filter::{Filter, filtered, too_many};
use crate::maintenance_windows::overlay::overlaid;
use crate::maintenance_windows::window::{MaintenanceWindow, TAGGED_AS, WindowSettings};
use crate::page::page;
use crate::records::Ssm;

/// Windows of an account. <https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm>
const MOST: usize = 50;

/// `CreateMaintenanceWindow`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateMaintenanceWindow.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateMaintenanceWindow {
    name: String,
    description: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    schedule: String,
    schedule_timezone: Option<String>,
    schedule_offset: Option<i64>,
    duration: i64,
    cutoff: i64,
    allow_unassociated_targets: bool,
    #[expect(dead_code, reason = "SDKs make up a token for each call, and repeat one only if they got no answer")]
    client_token: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `UpdateMaintenanceWindow`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateMaintenanceWindow.html>
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateMaintenanceWindow {
    #[serde(skip_serializing)]
    window_id: String,
    #[serde(skip_serializing)]
    #[serde(default)]
    replace: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cutoff: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_unassociated_targets: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
}

/// `GetMaintenanceWindow`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindow.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetMaintenanceWindow {
    window_id: String,
}

/// `DeleteMaintenanceWindow`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteMaintenanceWindow.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteMaintenanceWindow {
    window_id: String,
}

/// `DescribeMaintenanceWindows`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindows.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeMaintenanceWindows {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl Ssm {
    pub(crate) fn create_maintenance_window(&self, call: &Call, input: CreateMaintenanceWindow) -> Result<Value, AwsError> {
        let settings = WindowSettings {
            name: input.name,
            description: input.description,
            start_date: input.start_date,
            end_date: input.end_date,
            schedule: input.schedule,
            schedule_timezone: input.schedule_timezone,
            schedule_offset: input.schedule_offset,
            duration: input.duration,
            cutoff: input.cutoff,
            allow_unassociated_targets: input.allow_unassociated_targets,
            enabled: true,
        };
        let timing = settings.timing()?;
        let id = format!("mw-0{}", random_string(b"0123456789abcdef", 16));
        let mut window = MaintenanceWindow {
            id: id.clone(),
            settings,
            timing,
            created: call.now,
            modified: call.now,
            last: None,
            targets: BTreeMap::new(),
            tasks: BTreeMap::new(),
            waiting: CancellationToken::new(),
        };
        self.with(call.account(), |records| {
            if records.windows.len() >= MOST {
                return Err(too_many("maintenance windows"));
            }
            self.await_opening(&call.region, call.account(), &mut window);
            records.windows.insert(id.clone(), window);
            if !input.tags.is_empty() {
                let tags = input.tags.into_iter().map(Tag::pair).collect();
                records.tags.insert((TAGGED_AS.to_owned(), id.clone()), tags);
            }
            Ok(json!({ "WindowId": id }))
        })
    }

    pub(crate) fn update_maintenance_window(&self, call: &Call, input: UpdateMaintenanceWindow) -> Result<Value, AwsError> {
        self.with_window(call, &input.window_id, |window| {
            let settings = overlaid(&window.settings, &input, input.replace)?;
            (window.timing, window.settings) = (settings.timing()?, settings);
            window.modified = call.now;
            self.await_opening(&call.region, call.account(), window);
            let mut shown = json!(window.settings);
            if let Some(members) = shown.as_object_mut() {
                members.insert("WindowId".to_owned(), window.id.as_str().into());
            }
            Ok(shown)
        })
    }

    pub(crate) fn get_maintenance_window(&self, call: &Call, input: GetMaintenanceWindow) -> Result<Value, AwsError> {
        self.with_window(call, &input.window_id, |window| Ok(window.describe(call.now)))
    }

    /// A window that is gone is deleted, too.
    pub(crate) fn delete_maintenance_window(&self, call: &Call, input: DeleteMaintenanceWindow) -> Result<Value, AwsError> {
        self.with(call.account(), |records| {
            records.windows.remove(&input.window_id);
            records.tags.remove(&(TAGGED_AS.to_owned(), input.window_id.clone()));
        });
        Ok(json!({ "WindowId": input.window_id }))
    }

    pub(crate) fn describe_maintenance_windows(&self, call: &Call, input: DescribeMaintenanceWindows) -> Result<Value, AwsError> {
        let all = self.with(call.account(), |records| records.windows.values().map(|window| window.summary(call.now)).collect());
        let found = filtered(all, &input.filters, &[("Name", "Name"), ("Enabled", "Enabled")])?;
        page("WindowIdentities", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
