//! Tags of roles, users, policies, instance profiles and OpenID Connect providers.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid_input, limit_exceeded};

const MOST: usize = 50;

/// A tag of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    key: String,
    value: String,
}

/// Tags in the order in which they were set. Keys are case insensitive, and keep the case they were given.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// The `Tags` member of a create request.
    pub(super) fn given(given: &[Tag]) -> Result<Self, AwsError> {
        let mut tags = Self::default();
        tags.set(given)?;
        Ok(tags)
    }

    /// Keys and values.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        self.0.clone()
    }

    pub(crate) fn set(&mut self, given: &[Tag]) -> Result<(), AwsError> {
        for (index, tag) in given.iter().enumerate() {
            let key = tag.key.as_str();
            if given.iter().take(index).any(|other| other.key.eq_ignore_ascii_case(key)) {
                return Err(invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
            }
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(invalid_input("User-defined tag keys can't start with 'aws:'."));
            }
            self.0.retain(|(existing, _)| !existing.eq_ignore_ascii_case(key));
            self.0.push((key.to_owned(), tag.value.clone()));
        }
        if self.0.len() > MOST {
            return Err(limit_exceeded(format!("The number of tags has reached the maximum limit of {MOST}.")));
        }
        Ok(())
    }

    /// Removes the tags of these keys.
    pub(super) fn remove(&mut self, keys: &[String]) {
        self.0.retain(|(existing, _)| !keys.iter().any(|key| existing.eq_ignore_ascii_case(key)));
    }

    pub(super) fn describe(&self) -> Vec<Value> {
        self.0.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
