//! Tags of topics.

use std::collections::BTreeSet;

use nightproof_core::request_tags::{self, ListTagsForResource, Tag, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::error::invalid;
use crate::records::Sns;

/// Tags that a topic may have.
const MOST: usize = 50;

impl Sns {
    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        let given = given(call, input.tags)?;
        self.topic(&input.resource_arn, |topic| {
            let mut tags = topic.tags.clone();
            tags.extend(given);
            if tags.len() > MOST {
                let message = "Could not complete request: tag quota of per resource exceeded";
                return Err(AwsError::new("TagLimitExceededException", 400, message));
            }
            topic.tags = tags;
            Ok(json!({}))
        })
        .map_err(resource)
    }

    pub(crate) fn untag_resource(&self, _call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.topic(&input.resource_arn, |topic| {
            topic.tags.remove(&input.tag_keys);
            Ok(json!({}))
        })
        .map_err(resource)
    }

    pub(crate) fn list_tags_for_resource(&self, _call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.topic(&input.resource_arn, |topic| Ok(json!({ "Tags": topic.tags.list() }))).map_err(resource)
    }
}

/// These operations report a missing topic as a missing resource.
fn resource(error: AwsError) -> AwsError {
    if error.code == "NotFoundException" {
        return AwsError::new("ResourceNotFoundException", 404, "Resource does not exist");
    }
    error
}

/// The tags in a request.
pub(crate) fn given(call: &Call, tags: Vec<Tag>) -> Result<Vec<(String, String)>, AwsError> {
    let tags = request_tags::check(call, tags, || invalid("Tags Reason: keys that begin with aws: are reserved"))?;
    let keys: BTreeSet<&str> = tags.iter().map(|(key, _)| key.as_str()).collect();
    if keys.len() < tags.len() { Err(invalid("Duplicated keys are not allowed.")) } else { Ok(tags) }
}
