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

/// `TagResource` of a service that names resources by their ARN.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResource {
    /// The ARN.
    #[serde(alias = "ResourceARN")]
    pub resource_arn: String,
    /// The tags to be added, or changed.
    pub tags: Vec<Tag>,
}

/// `UntagResource` of such a service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResource {
    /// The ARN.
    #[serde(alias = "ResourceARN")]
    pub resource_arn: String,
    /// The keys of the tags to be removed.
    pub tag_keys: Vec<String>,
}

/// `ListTagsForResource` of such a service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResource {
    /// The ARN.
    #[serde(alias = "ResourceARN")]
    pub resource_arn: String,
}

/// Keys and values of tags. Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them; to
/// others they are refused with `reserved`.
pub fn check(call: &Call, tags: Vec<Tag>, reserved: impl FnOnce() -> AwsError) -> Result<Vec<(String, String)>, AwsError> {
    if call.http.is_some() && tags.iter().any(|tag| tag.key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(reserved());
    }
    Ok(tags.into_iter().map(Tag::pair).collect())
}
