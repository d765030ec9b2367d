//! Tagging of roles, users, policies, instance profiles and OpenID Connect providers.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::page::page;
use crate::tags::Tags;

pub(crate) fn tag(tags: &mut Tags, input: &Value) -> Result<Value, AwsError> {
    let mut changed = tags.clone();
    changed.set(input)?;
    *tags = changed;
    Ok(json!({}))
}

pub(crate) fn untag(tags: &mut Tags, input: &Value) -> Result<Value, AwsError> {
    let keys = input.texts("TagKeys");
    tags.remove(&keys);
    Ok(json!({}))
}

pub(crate) fn list(tags: &Tags, input: &Value) -> Result<Value, AwsError> {
    page("Tags", tags.describe(), input)
}
