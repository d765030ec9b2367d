//! Tags of groups, which their members do not have.

use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::bad_request;
use crate::records::ResourceGroups;

/// `Tag`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_Tag.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    arn: String,
    tags: Tags,
}

/// `Untag`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_Untag.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Untag {
    arn: String,
    keys: Vec<String>,
}

/// `GetTags`. <https://docs.aws.amazon.com/ARG/latest/APIReference/API_GetTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetTags {
    arn: String,
}

impl ResourceGroups {
    pub(crate) fn tag(&self, call: &Call, input: Tag) -> Result<Value, AwsError> {
        check(call, input.tags.iter().map(|(key, _)| key))?;
        self.with_group(call.account(), &input.arn, |group| group.tags.extend(input.tags.pairs()))?;
        Ok(json!({ "Arn": input.arn, "Tags": input.tags }))
    }

    pub(crate) fn untag(&self, call: &Call, input: Untag) -> Result<Value, AwsError> {
        self.with_group(call.account(), &input.arn, |group| group.tags.remove(&input.keys))?;
        Ok(json!({ "Arn": input.arn, "Keys": input.keys }))
    }

    pub(crate) fn get_tags(&self, call: &Call, input: GetTags) -> Result<Value, AwsError> {
        self.with_group(call.account(), &input.arn, |group| json!({ "Arn": input.arn, "Tags": group.tags }))
    }
}

/// Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them.
pub(crate) fn check<'a>(call: &Call, mut keys: impl Iterator<Item = &'a str>) -> Result<(), AwsError> {
    if call.http.is_some() && keys.any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(bad_request("Tag keys starting with aws: are reserved."));
    }
    Ok(())
}
