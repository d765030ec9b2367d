//! Tags in a request, in the form that most services have them.

use serde::Deserialize;
use serde_json::Value;

use super::document::Members as _;
use crate::service::{AwsError, Call};

/// A tag of a request. A member may be absent where the service's model lets it be.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Tag {
    key: String,
    value: String,
}

impl Tag {
    /// Key and value.
    pub fn pair(self) -> (String, String) {
        (self.key, self.value)
    }
}

/// The `Tags` of a request that is a document, as [`check`] has them.
pub fn given(call: &Call, input: &Value, reserved: impl FnOnce() -> AwsError) -> Result<Vec<(String, String)>, AwsError> {
    let tag = |tag: &Value| Tag { key: tag.required("Key").to_owned(), value: tag.required("Value").to_owned() };
    check(call, input.list("Tags").iter().map(tag).collect(), reserved)
}

/// Keys and values of tags. Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them; to
/// others they are refused with `reserved`.
pub fn check(call: &Call, tags: Vec<Tag>, reserved: impl FnOnce() -> AwsError) -> Result<Vec<(String, String)>, AwsError> {
    if call.http.is_some() && tags.iter().any(|tag| tag.key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(reserved());
    }
    Ok(tags.into_iter().map(Tag::pair).collect())
}
