//! Tags of streams and consumers.

use std::collections::BTreeMap;

use nightproof_core::page::Page;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid_argument, not_found};
use crate::records::Kinesis;
use crate::stream_name::StreamName;

/// Tags of a resource.
const MOST: usize = 50;

/// `AddTagsToStream`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddTagsToStream {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    tags: BTreeMap<String, String>,
}

/// `RemoveTagsFromStream`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RemoveTagsFromStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemoveTagsFromStream {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    tag_keys: Vec<String>,
}

/// `ListTagsForStream`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForStream {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    exclusive_start_tag_key: Option<String>,
    limit: Option<usize>,
}

/// `TagResource`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_TagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    tags: BTreeMap<String, String>,
}

/// `UntagResource`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UntagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// `ListTagsForResource`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForResource.html>
#[derive(Debug, Deserialize)]
pub(crate) struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
}

/// Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them.
pub(crate) fn check<'a>(call: &Call, keys: impl IntoIterator<Item = &'a String>) -> Result<(), AwsError> {
    if call.http.is_some() && keys.into_iter().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(invalid_argument("Tag keys starting with aws: are reserved."));
    }
    Ok(())
}

fn add(tags: &mut Tags, added: BTreeMap<String, String>, label: &str) -> Result<Value, AwsError> {
    let mut after = tags.clone();
    after.extend(added);
    if after.len() > MOST {
        return Err(invalid_argument(format!(
            "Failed to add tags to {label} because a given resource cannot have more than {MOST} tags associated with it."
        )));
    }
    *tags = after;
    Ok(json!({}))
}

impl Kinesis {
    pub(crate) fn add_tags_to_stream(&self, call: &Call, input: AddTagsToStream) -> Result<Value, AwsError> {
        check(call, input.tags.keys())?;
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| add(&mut stream.tags, input.tags, &name.label()))
    }

    pub(crate) fn remove_tags_from_stream(&self, call: &Call, input: RemoveTagsFromStream) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| {
            stream.tags.remove(&input.tag_keys);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_tags_for_stream(&self, call: &Call, input: ListTagsForStream) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| {
            let after = input.exclusive_start_tag_key.unwrap_or_default();
            let items = stream.tags.iter().map(|(key, value)| (key.to_owned(), json!({ "Key": key, "Value": value })));
            let page = Page::after(&after, input.limit.unwrap_or(MOST), items);
            Ok(json!({ "Tags": page.items, "HasMoreTags": page.next.is_some() }))
        })
    }

    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        check(call, input.tags.keys())?;
        self.with_tags(call, &input.resource_arn, |tags| add(tags, input.tags, &input.resource_arn))
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.with_tags(call, &input.resource_arn, |tags| {
            tags.remove(&input.tag_keys);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_tags_for_resource(&self, call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.with_tags(call, &input.resource_arn, |tags| Ok(json!({ "Tags": tags.list() })))
    }

    /// Runs `act` on the tags of the stream or consumer with this ARN.
    fn with_tags<T>(&self, call: &Call, arn: &str, act: impl FnOnce(&mut Tags) -> Result<T, AwsError>) -> Result<T, AwsError> {
        self.with_stream(&StreamName::from_arn(call, arn)?, call.now, |stream| {
            if !arn.contains("/consumer/") {
                return act(&mut stream.tags);
            }
            let consumer = stream.consumers.values_mut().find(|consumer| consumer.arn == arn);
            act(&mut consumer.ok_or_else(|| not_found(format!("Consumer {arn} not found.")))?.tags)
        })
    }
}
