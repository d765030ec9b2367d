//! Tags of alarms.

use nightproof_core::document::Members as _;
use nightproof_core::request_tags;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::records::CloudWatch;

impl CloudWatch {
    pub(crate) fn tag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let given = given(call, input)?;
        self.with_tags(call, input, |tags| tags.extend(given))?;
        Ok(json!({}))
    }

    pub(crate) fn untag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let keys = input.texts("TagKeys");
        self.with_tags(call, input, |tags| tags.remove(&keys))?;
        Ok(json!({}))
    }

    pub(crate) fn list_tags(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with_tags(call, input, |tags| json!({ "Tags": tags.list() }))
    }
}

/// The tags in a request.
pub(crate) fn given(call: &Call, input: &Value) -> Result<Vec<(String, String)>, AwsError> {
    request_tags::given(call, input, || AwsError::new("InvalidParameterValue", 400, "Tag keys starting with aws: are reserved."))
}
