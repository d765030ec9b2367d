//! The service's operations.

pub(crate) mod groups;
pub(crate) mod members;
pub(crate) mod queries;
pub(crate) mod tags;

use nightproof_core::service::AwsError;
use serde::Deserialize;

use crate::error::bad_request;

/// Which group a call is about: `Group`, by name or ARN, or `GroupName`, which clients of old send.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct OneGroup {
    group_name: Option<String>,
    group: Option<String>,
}

impl OneGroup {
    /// # Errors
    /// `BadRequestException` if neither or both are given.
    pub(crate) fn given(group: Option<String>, group_name: Option<String>) -> Result<String, AwsError> {
        match (group, group_name) {
            (Some(one), None) | (None, Some(one)) => Ok(one),
            _ => Err(bad_request("Specify either Group or GroupName.")),
        }
    }

    fn name(self) -> Result<String, AwsError> {
        Self::given(self.group, self.group_name)
    }
}
