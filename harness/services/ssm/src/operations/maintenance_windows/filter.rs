//! Filters of lists of maintenance windows and of what belongs to them.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use crate::maintenance_windows::execution::WindowExecution;
use crate::maintenance_windows::window::MaintenanceWindow;
use crate::records::Ssm;

/// A filter. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowFilter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

impl Filter {
    /// The error for a key that the list does not have.
    pub(super) fn unknown_key(&self) -> AwsError {
        AwsError::validation(format!("Filter key {} isn't valid.", self.key))
    }
}

/// Those of `items` that satisfy all `filters`, whose keys stand for members of the items.
pub(super) fn filtered(items: Vec<Value>, filters: &[Filter], keys: &[(&str, &str)]) -> Result<Vec<Value>, AwsError> {
    let mut found = items;
    for filter in filters {
        let known = keys.iter().find(|(key, _)| *key == filter.key);
        let (_, member) = known.ok_or_else(|| filter.unknown_key())?;
        found.retain(|item| {
            let value = item.get(*member).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            value.is_some_and(|value| filter.values.contains(&value))
        });
    }
    Ok(found)
}

fn does_not_exist(what: &str, id: &str) -> AwsError {
    AwsError::new("DoesNotExistException", 400, format!("{what} {id} does not exist"))
}

pub(super) fn no_target(id: &str) -> AwsError {
    does_not_exist("Maintenance window target", id)
}

pub(super) fn no_task(id: &str) -> AwsError {
    does_not_exist("Maintenance window task", id)
}

pub(super) fn no_invocation(id: &str) -> AwsError {
    does_not_exist("Maintenance window execution task invocation", id)
}

pub(super) fn too_many(what: &str) -> AwsError {
    let message = format!("Error processing the request. You have exceeded the maximum number of {what}.");
    AwsError::new("ResourceLimitExceededException", 400, message)
}

impl Ssm {
    /// Runs `act` on a window of the caller's account.
    pub(super) fn with_window<T>(
        &self,
        call: &Call,
        id: &str,
        act: impl FnOnce(&mut MaintenanceWindow) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with(call.account(), |records| {
            records.windows.get_mut(id).ok_or_else(|| does_not_exist("Maintenance window", id)).and_then(act)
        })
    }

    /// Runs `act` on an opening of a window of the caller's account.
    pub(super) fn with_execution<T>(
        &self,
        call: &Call,
        id: &str,
        act: impl FnOnce(&mut WindowExecution) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with(call.account(), |records| {
            let found = records.window_executions.iter_mut().find(|execution| execution.id == id);
            found.ok_or_else(|| does_not_exist("Maintenance window execution", id)).and_then(act)
        })
    }
}
