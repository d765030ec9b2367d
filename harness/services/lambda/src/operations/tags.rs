//! Tags of functions.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Map, Value, json};

use crate::error::invalid;
use crate::records::Lambda;

const MOST_TAGS: usize = 50;

impl Lambda {
    pub(crate) fn tag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.tagged(call, input, |tags| {
            let given = input.get("Tags").and_then(Value::as_object).cloned().unwrap_or_default();
            check_reserved(call, &given)?;
            let mut next = tags.clone();
            next.extend(given);
            check(&next)?;
            *tags = next;
            Ok(json!({}))
        })
    }

    pub(crate) fn untag(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.tagged(call, input, |tags| {
            for key in input.texts("TagKeys") {
                tags.shift_remove(key);
            }
            Ok(json!({}))
        })
    }

    pub(crate) fn list_tags(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.tagged(call, input, |tags| Ok(json!({ "Tags": tags })))
    }

    fn tagged<T>(
        &self,
        call: &Call,
        input: &Value,
        act: impl FnOnce(&mut Map<String, Value>) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let arn = input.required("Resource");
        let Some((_, resource)) = arn.split_once(":function:") else {
            return Err(AwsError::not_implemented("lambda", &format!("tags of {arn}")));
        };
        if resource.contains(':') {
            return Err(invalid("Tags on function aliases and versions are not supported. Please specify a function ARN."));
        }
        self.with(call, &json!({ "FunctionName": arn }), |function| act(&mut function.tags))
    }
}

/// Refuses tags that no resource may have.
/// <https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html#tag-conventions>
pub(crate) fn check(tags: &Map<String, Value>) -> Result<(), AwsError> {
    if tags.len() > MOST_TAGS {
        return Err(invalid("Number of tags exceeds resource tag limit."));
    }
    for (key, value) in tags {
        let longest = value.as_str().map_or(0, |value| value.chars().count());
        if key.is_empty() || key.chars().count() > 128 || longest > 256 {
            return Err(invalid("Tag keys have 1 to 128 characters, and tag values at most 256."));
        }
    }
    Ok(())
}

/// Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them; users may not.
pub(crate) fn check_reserved(call: &Call, tags: &Map<String, Value>) -> Result<(), AwsError> {
    if call.http.is_some() && tags.keys().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(invalid("Tag keys must not start with aws:, which is reserved for system use."));
    }
    Ok(())
}
