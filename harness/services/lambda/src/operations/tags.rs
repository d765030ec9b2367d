//! Tags of functions and event source mappings.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid, not_found};
use crate::function_name::FunctionName;
use crate::records::Lambda;

const MOST_TAGS: usize = 50;

/// `TagResource`. <https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagResource {
    resource: String,
    tags: BTreeMap<String, String>,
}

/// `UntagResource`. <https://docs.aws.amazon.com/lambda/latest/api/API_UntagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagResource {
    resource: String,
    tag_keys: Vec<String>,
}

/// `ListTags`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTags {
    resource: String,
}

/// Refuses more tags than a resource may have, and those that are AWS's own: CloudFormation, which calls from inside the region, sets keys
/// that begin with `aws:`; users may not. <https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html#tag-conventions>
pub(crate) fn check(call: &Call, tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
    if tags.len() > MOST_TAGS {
        return Err(too_many());
    }
    if call.http.is_some() && tags.keys().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(invalid("Tag keys must not start with aws:, which is reserved for system use."));
    }
    Ok(())
}

fn too_many() -> AwsError {
    invalid("Number of tags exceeds resource tag limit.")
}

impl Lambda {
    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        if input.tags.is_empty() {
            return Err(invalid("An error occurred and the request cannot be processed."));
        }
        check(call, &input.tags)?;
        self.tags_of(call, &input.resource, true, |tags| {
            let mut next = tags.clone();
            next.extend(input.tags);
            if next.len() > MOST_TAGS {
                return Err(too_many());
            }
            *tags = next;
            Ok(json!({}))
        })
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        if input.tag_keys.is_empty() {
            let message =
                "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null";
            return Err(AwsError::validation(message));
        }
        self.tags_of(call, &input.resource, true, |tags| {
            tags.remove(&input.tag_keys);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_tags(&self, call: &Call, input: ListTags) -> Result<Value, AwsError> {
        self.tags_of(call, &input.resource, false, |tags| Ok(json!({ "Tags": tags })))
    }

    /// Acts on the tags of a resource; a change of a function's is a revision of it.
    fn tags_of<T>(
        &self,
        call: &Call,
        arn: &str,
        changes: bool,
        act: impl FnOnce(&mut Tags) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        if let Some(uuid) = resource.strip_prefix("event-source-mapping:") {
            let mut accounts = self.accounts.lock();
            let mapping = accounts.get_mut(call.account()).and_then(|account| account.mappings.get_mut(uuid));
            return match mapping {
                Some(mapping) => act(&mut mapping.tags),
                None => Err(not_found(format!("Event source mapping not found: {arn}"))),
            };
        }
        if !resource.starts_with("function:") {
            return Err(AwsError::not_implemented("lambda", &format!("tags of {arn}")));
        }
        let named = FunctionName::read(call, arn, None)?;
        if named.qualifier().is_some() {
            return Err(invalid("Tags on function aliases and versions are not supported. Please specify a function ARN."));
        }
        self.with(&named, |function| {
            let done = act(&mut function.tags)?;
            if changes {
                function.revise("");
            }
            Ok(done)
        })
    }
}
