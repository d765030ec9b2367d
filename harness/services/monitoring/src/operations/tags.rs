//! Tags of alarms and dashboards.

use nightproof_core::request_tags::{self, ListTagsForResource, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::error::invalid;
use crate::records::CloudWatch;

impl CloudWatch {
    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        let tags = request_tags::check(call, input.tags, || invalid("Tag keys starting with aws: are reserved."))?;
        self.with_tags(call, &input.resource_arn, |known| known.extend(tags))?;
        Ok(json!({}))
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.with_tags(call, &input.resource_arn, |tags| tags.remove(&input.tag_keys))?;
        Ok(json!({}))
    }

    pub(crate) fn list_tags_for_resource(&self, call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.with_tags(call, &input.resource_arn, |tags| json!({ "Tags": tags.list() }))
    }

    /// Runs `act` on the tags of an alarm or a dashboard.
    fn with_tags<T>(&self, call: &Call, arn: &str, act: impl FnOnce(&mut Tags) -> T) -> Result<T, AwsError> {
        self.with(call.account(), |records| {
            let alarms = records.alarms.values_mut().map(|alarm| (&alarm.configuration.arn, &mut alarm.tags));
            let dashboards = records.dashboards.values_mut().map(|dashboard| (&dashboard.arn, &mut dashboard.tags));
            let found = alarms.chain(dashboards).find(|(known, _)| *known == arn);
            let missing = || AwsError::new("ResourceNotFoundException", 404, format!("The resource {arn} does not exist."));
            found.map(|(_, tags)| act(tags)).ok_or_else(missing)
        })
    }
}
