//! Tags of rules.

use nightproof_core::request_tags::{self, Tag};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::no_rule;
use crate::records::Events;
use crate::rule::Rule;

/// `TagResource`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    tags: Vec<Tag>,
}

/// `UntagResource`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UntagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// `ListTagsForResource`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTagsForResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
}

impl Events {
    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        let given = given(call, input.tags)?;
        self.with_arn(call, &input.resource_arn, |rule| rule.tags.extend(given))?;
        Ok(json!({}))
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.with_arn(call, &input.resource_arn, |rule| rule.tags.remove(&input.tag_keys))?;
        Ok(json!({}))
    }

    pub(crate) fn list_tags_for_resource(&self, call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.with_arn(call, &input.resource_arn, |rule| json!({ "Tags": rule.tags.list() }))
    }

    fn with_arn<T>(&self, call: &Call, arn: &str, act: impl FnOnce(&mut Rule) -> T) -> Result<T, AwsError> {
        let mut rules = self.lock();
        let rule = rules.get_mut(call.account()).and_then(|rules| rules.values_mut().find(|rule| rule.arn == arn));
        rule.map(act).ok_or_else(|| no_rule(arn.rsplit('/').next().unwrap_or(arn)))
    }
}

/// The tags in a request.
pub(crate) fn given(call: &Call, tags: Vec<Tag>) -> Result<Vec<(String, String)>, AwsError> {
    request_tags::check(call, tags, || AwsError::validation("Tag keys starting with aws: are reserved."))
}
