//! Tags in a request, in the form that most services have them.

use serde_json::Value;

use super::document::Members as _;
use crate::service::{AwsError, Call};

/// The `Tags` of a request. Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them; others
/// are answered by `reserved`.
pub fn given(call: &Call, input: &Value, reserved: impl FnOnce() -> AwsError) -> Result<Vec<(String, String)>, AwsError> {
    let tags: Vec<_> =
        input.list("Tags").iter().map(|tag| (tag.required("Key").to_owned(), tag.required("Value").to_owned())).collect();
    if call.http.is_some() && tags.iter().any(|(key, _)| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(reserved());
    }
    Ok(tags)
}
