//! Tags of rules and buses.

use nightproof_core::request_tags::{self, ListTagsForResource, Tag, TagResource, UntagResource};
use nightproof_core::service::{Arn, AwsError, Call};
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::bus::DEFAULT;
use crate::error::{no_bus, no_rule};
use crate::records::Events;

impl Events {
    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        let given = given(call, input.tags)?;
        self.with_arn(call, &input.resource_arn, |tags| tags.extend(given))?;
        Ok(json!({}))
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.with_arn(call, &input.resource_arn, |tags| tags.remove(&input.tag_keys))?;
        Ok(json!({}))
    }

    pub(crate) fn list_tags_for_resource(&self, call: &Call, input: ListTagsForResource) -> Result<Value, AwsError> {
        self.with_arn(call, &input.resource_arn, |tags| json!({ "Tags": tags.list() }))
    }

    fn with_arn<T>(&self, call: &Call, arn: &str, act: impl FnOnce(&mut Tags) -> T) -> Result<T, AwsError> {
        let resource = arn.parse::<Arn>().map(|arn| arn.resource).unwrap_or_default();
        let (kind, name) = resource.split_once('/').unwrap_or_default();
        self.with(&call.region, call.account(), |records| match kind {
            "event-bus" => records.buses.get_mut(name).map(|bus| act(&mut bus.tags)).ok_or_else(|| no_bus(name)),
            "rule" => {
                let (bus, name) = name.split_once('/').unwrap_or((DEFAULT, name));
                let rule = records.buses.get_mut(bus).and_then(|bus| bus.rules.get_mut(name));
                rule.map(|rule| act(&mut rule.tags)).ok_or_else(|| no_rule(name, bus))
            }
            _ => {
                Err(AwsError::validation(format!("Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")))
            }
        })
    }
}

/// The tags in a request.
pub(crate) fn given(call: &Call, tags: Vec<Tag>) -> Result<Vec<(String, String)>, AwsError> {
    request_tags::check(call, tags, || AwsError::validation("Tag keys starting with aws: are reserved."))
}
