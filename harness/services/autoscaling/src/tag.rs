//! Tags of groups. <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::validation;

/// A tag of a request. The group stands in it where no other member names one.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagRequest {
    pub(crate) resource_id: Option<String>,
    pub(crate) resource_type: Option<String>,
    pub(crate) key: String,
    pub(crate) value: Option<String>,
    pub(crate) propagate_at_launch: Option<bool>,
}

/// A tag of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
    /// Whether instances get it that are launched from now on.
    pub(crate) propagates: bool,
}

impl TagRequest {
    /// Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them.
    pub(crate) fn tag(self, call: &Call) -> Result<Tag, AwsError> {
        if call.http.is_some() && self.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(validation("Tag keys starting with 'aws:' are reserved for internal use"));
        }
        if self.resource_type.as_ref().is_some_and(|kind| kind != "auto-scaling-group") {
            return Err(validation("The only supported resource type is auto-scaling-group."));
        }
        let propagates = self.propagate_at_launch.unwrap_or(false);
        Ok(Tag { key: self.key, value: self.value.unwrap_or_default(), propagates })
    }
}

impl Tag {
    /// `TagDescription`
    pub(crate) fn describe(&self, group: &str) -> Value {
        json!({
            "ResourceId": group, "ResourceType": "auto-scaling-group", "Key": self.key, "Value": self.value,
            "PropagateAtLaunch": self.propagates,
        })
    }
}

/// Sets a tag: one with its key is replaced.
pub(crate) fn set(tags: &mut Vec<Tag>, tag: Tag) {
    match tags.iter_mut().find(|one| one.key == tag.key) {
        Some(one) => *one = tag,
        None => tags.push(tag),
    }
}
