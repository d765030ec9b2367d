//! Filters and pages of what is described.

use nightproof_core::page::page;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::Value;

use crate::error::{invalid_token, validation};

/// A filter of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Filter {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) values: Vec<String>,
}

impl Filter {
    /// Whether one of these values is among those that are asked for.
    pub(crate) fn has<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> bool {
        values.into_iter().any(|value| self.values.iter().any(|wanted| wanted == value))
    }

    /// The refusal of a name that no filter of the operation has.
    pub(crate) fn unknown(&self, names: &str) -> AwsError {
        validation(format!("Filter type {} is not correct. Allowed Filter types are: {names}", self.name))
    }
}

/// Where a page begins and how long it is.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    pub(crate) token: Option<&'a str>,
    pub(crate) records: Option<i64>,
}

impl Pages<'_> {
    /// One page of `items`, of 50 unless another size is asked for, of 100 at most.
    pub(crate) fn of(&self, member: &str, items: Vec<Value>) -> Result<Value, AwsError> {
        let size = usize::try_from(self.records.unwrap_or(50)).unwrap_or(50).clamp(1, 100);
        page(member, items, self.token, size, invalid_token)
    }
}
