//! Tags of secrets.

use nightproof_core::request_tags::{self, Tag};
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid_parameter, limit};
use crate::records::SecretsManager;

/// `TagResource`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagResource {
    secret_id: String,
    tags: Vec<Tag>,
}

/// `UntagResource`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UntagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagResource {
    secret_id: String,
    tag_keys: Vec<String>,
}

/// Tags that a secret may have.
const MOST: usize = 50;

impl SecretsManager {
    pub(crate) fn tag_resource(&self, call: &Call, input: TagResource) -> Result<Value, AwsError> {
        let given = given(call, input.tags)?;
        self.secret(call, &input.secret_id, |secret| {
            let mut tags = secret.active()?.tags.clone();
            tags.extend(given);
            check_count(tags.len())?;
            secret.tags = tags;
            Ok(json!({}))
        })
    }

    pub(crate) fn untag_resource(&self, call: &Call, input: UntagResource) -> Result<Value, AwsError> {
        self.secret(call, &input.secret_id, |secret| {
            secret.active()?.tags.remove(&input.tag_keys);
            Ok(json!({}))
        })
    }
}

/// The tags in a request.
pub(crate) fn given(call: &Call, tags: Vec<Tag>) -> Result<Vec<(String, String)>, AwsError> {
    let given =
        request_tags::check(call, tags, || invalid_parameter("Tag keys that begin with aws: are reserved for system use."))?;
    if given.iter().any(|(key, _)| key.is_empty()) {
        return Err(invalid_parameter("You must provide a key for each tag."));
    }
    check_count(given.len())?;
    Ok(given)
}

fn check_count(tags: usize) -> Result<(), AwsError> {
    if tags > MOST { Err(limit("You exceeded the maximum number of tags allowed on a secret.")) } else { Ok(()) }
}
