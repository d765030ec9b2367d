//! What a maintenance window is for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::Target;

/// A target that is registered with a window.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowTarget.html>
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WindowTarget {
    pub(crate) resource_type: String,
    pub(crate) targets: Vec<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner_information: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
}

impl WindowTarget {
    /// The `MaintenanceWindowTarget` of the API.
    pub(crate) fn describe(&self, window: &str, id: &str) -> Value {
        let mut shown = json!(self);
        if let Some(members) = shown.as_object_mut() {
            members.insert("WindowId".to_owned(), window.into());
            members.insert("WindowTargetId".to_owned(), id.into());
        }
        shown
    }
}
