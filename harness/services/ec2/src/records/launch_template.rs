//! Launch templates.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::launch_data::LaunchData;

/// A launch template with its versions.
#[derive(Debug, Clone)]
pub(crate) struct LaunchTemplate {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) created_by: String,
    pub(crate) client_token: Option<String>,
    pub(crate) default_version: i64,
    /// The highest number that was given, also if that version was deleted.
    pub(crate) latest_version: i64,
    /// By their numbers.
    pub(crate) versions: BTreeMap<i64, LaunchTemplateVersion>,
}

/// A version of a launch template.
#[derive(Debug, Clone)]
pub(crate) struct LaunchTemplateVersion {
    pub(crate) number: i64,
    pub(crate) description: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) created_by: String,
    pub(crate) client_token: Option<String>,
    pub(crate) data: LaunchData,
}
