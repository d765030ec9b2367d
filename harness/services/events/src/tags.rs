//! Tags of rules.

use nightproof_core::document::Members as _;
use nightproof_core::given_tags;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::rule::Rule;
use super::{Events, no_rule};

impl Events {
    pub(super) fn tag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let given = given(call, input)?;
        self.with_arn(call, input, |rule| rule.tags.extend(given))?;
        Ok(json!({}))
    }

    pub(super) fn untag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let keys = input.texts("TagKeys");
        self.with_arn(call, input, |rule| rule.tags.retain(|key, _| !keys.contains(&key.as_str())))?;
        Ok(json!({}))
    }

    pub(super) fn list_tags(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with_arn(call, input, |rule| json!({ "Tags": rule.tag_list() }))
    }

    fn with_arn<T>(&self, call: &Call, input: &Value, act: impl FnOnce(&mut Rule) -> T) -> Result<T, AwsError> {
        let arn = input.required("ResourceARN");
        let mut rules = self.lock();
        let rule = rules.get_mut(call.account()).and_then(|rules| rules.values_mut().find(|rule| rule.arn == arn));
        rule.map(act).ok_or_else(|| no_rule(arn.rsplit('/').next().unwrap_or(arn)))
    }
}

/// The tags in a request.
pub(super) fn given(call: &Call, input: &Value) -> Result<Vec<(String, String)>, AwsError> {
    given_tags::given(call, input, || AwsError::validation("Tag keys starting with aws: are reserved."))
}
