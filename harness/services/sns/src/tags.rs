//! Tags of topics.

use nightproof_core::document::Members as _;
use nightproof_core::given_tags;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::{Sns, invalid};

/// Tags that a topic may have.
const MOST: usize = 50;

impl Sns {
    pub(super) fn tag_resource(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let given = given(call, input)?;
        self.topic(input.required("ResourceArn"), |topic| {
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

    pub(super) fn untag_resource(&self, input: &Value) -> Result<Value, AwsError> {
        let keys = input.texts("TagKeys");
        self.topic(input.required("ResourceArn"), |topic| {
            topic.tags.retain(|key, _| !keys.contains(&key.as_str()));
            Ok(json!({}))
        })
        .map_err(resource)
    }

    pub(super) fn list_tags(&self, input: &Value) -> Result<Value, AwsError> {
        self.topic(input.required("ResourceArn"), |topic| {
            let pair = |(key, value): (&String, &String)| json!({ "Key": key, "Value": value });
            Ok(json!({ "Tags": topic.tags.iter().map(pair).collect::<Vec<_>>() }))
        })
        .map_err(resource)
    }
}

/// What is not there is a resource to these operations, and no topic.
fn resource(error: AwsError) -> AwsError {
    if error.code == "NotFoundException" {
        return AwsError::new("ResourceNotFoundException", 404, "Resource does not exist");
    }
    error
}

/// The tags in a request.
pub(super) fn given(call: &Call, input: &Value) -> Result<Vec<(String, String)>, AwsError> {
    given_tags::given(call, input, || invalid("Tags Reason: keys that begin with aws: are reserved"))
}
