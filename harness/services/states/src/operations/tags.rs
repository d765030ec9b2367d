//! Tags of state machines.

use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::no_resource;
use crate::records::States;

/// A tag of a request. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_Tag.html>
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tag {
    key: String,
    value: String,
}

/// `TagResource`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagResource {
    resource_arn: String,
    tags: Vec<Tag>,
}

/// `UntagResource`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_UntagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UntagResource {
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// `ListTagsForResource`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListTagsForResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListTagsForResource {
    resource_arn: String,
}

impl States {
    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        let given = given(call, input.tags)?;
        self.with_tags(call, &input.resource_arn, |tags| tags.extend(given))?;
        Ok(json!({}))
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.with_tags(call, &input.resource_arn, |tags| tags.remove(&input.tag_keys))?;
        Ok(json!({}))
    }

    pub(crate) fn list_tags_for_resource(&self, call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.with_tags(call, &input.resource_arn, |tags| {
            let list: Vec<Value> = tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            json!({ "tags": list })
        })
    }

    fn with_tags<T>(&self, call: &Call, arn: &str, act: impl FnOnce(&mut Tags) -> T) -> Result<T, AwsError> {
        self.with(call.account(), |records| {
            records.machine(arn).map(|machine| act(&mut machine.tags)).map_err(|_| no_resource(arn))
        })
    }
}

/// The tags in a request. Keys that begin with `aws:` are for CloudFormation alone, which calls from inside the region.
pub(crate) fn given(call: &Call, tags: Vec<Tag>) -> Result<Vec<(String, String)>, AwsError> {
    if call.http.is_some() && tags.iter().any(|tag| tag.key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(AwsError::validation("Tag keys starting with aws: are reserved."));
    }
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}
