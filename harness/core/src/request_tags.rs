//! Tags in a request, in the form that most services have them.

use crate::service::{AwsError, Call};
use serde::Deserialize;

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

/// Keys and values of tags. Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them; to
/// others they are refused with `reserved`.
pub fn check(call: &Call, tags: Vec<Tag>, reserved: impl FnOnce() -> AwsError) -> Result<Vec<(String, String)>, AwsError> {
    if call.http.is_some() && tags.iter().any(|tag| tag.key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(reserved());
    }
    Ok(tags.into_iter().map(Tag::pair).collect())
}
