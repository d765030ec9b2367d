//! Tags of groups; schedules have none.

use nightproof_core::request_tags::{self, ListTagsForResource, Tag, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Call, arn};
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::records::Scheduler;

impl Scheduler {
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
        self.with_tags(call, &input.resource_arn, |tags| json!({ "Tags": tags.list() }))
    }

    fn with_tags<T>(&self, call: &Call, arn: &str, act: impl FnOnce(&mut Tags) -> T) -> Result<T, AwsError> {
        let name = arn::resource_of(arn).strip_prefix("schedule-group/").unwrap_or(arn);
        self.with_group(call, Some(name), |group| Ok(act(&mut group.tags)))
    }
}

/// The tags in a request.
pub(crate) fn given(call: &Call, tags: Vec<Tag>) -> Result<Vec<(String, String)>, AwsError> {
    request_tags::check(call, tags, || AwsError::validation("Tag keys starting with aws: are reserved."))
}
