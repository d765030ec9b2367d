//! Tags of roles, users, policies, instance profiles and OpenID Connect providers.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::{invalid_input, limit_exceeded};

const MOST: usize = 50;

/// Tags in the order in which they were set. Keys are case insensitive, and keep the case they were given.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// The `Tags` member of a create request.
    pub(super) fn given(input: &Value) -> Result<Self, AwsError> {
        let mut tags = Self::default();
        tags.set(input)?;
        Ok(tags)
    }

    /// Keys and values.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        self.0.clone()
    }

    pub(crate) fn set(&mut self, input: &Value) -> Result<(), AwsError> {
        let given = input.list("Tags");
        for (index, tag) in given.iter().enumerate() {
            let key = tag.required("Key");
            if given.iter().take(index).any(|other| other.required("Key").eq_ignore_ascii_case(key)) {
                return Err(invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
            }
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(invalid_input("User-defined tag keys can't start with 'aws:'."));
            }
            self.0.retain(|(existing, _)| !existing.eq_ignore_ascii_case(key));
            self.0.push((key.to_owned(), tag.required("Value").to_owned()));
        }
        if self.0.len() > MOST {
            return Err(limit_exceeded(format!("The number of tags has reached the maximum limit of {MOST}.")));
        }
        Ok(())
    }

    /// Removes the tags of these keys.
    pub(super) fn remove(&mut self, keys: &[&str]) {
        self.0.retain(|(existing, _)| !keys.iter().any(|key| existing.eq_ignore_ascii_case(key)));
    }

    pub(super) fn describe(&self) -> Vec<Value> {
        self.0.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
