//! Tags in requests. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::Value;

use crate::error::{error, invalid_parameter};
use crate::records::Records;

const MOST: usize = 50;

/// Sets `given` on the resource `id`.
pub(crate) fn set(records: &mut Records, id: &str, given: &[Value]) -> Result<(), AwsError> {
    let tags = records.tags.entry(id.to_owned()).or_default();
    for tag in given {
        let (key, value) = (tag.required("Key"), tag.required("Value"));
        if key.is_empty() || key.chars().count() > 127 {
            return Err(invalid_parameter(format!("Tag key exceeds the maximum length of 127 characters: {key}")));
        }
        if value.chars().count() > 255 {
            return Err(invalid_parameter(format!("Tag value exceeds the maximum length of 255 characters: {value}")));
        }
        match tags.iter_mut().find(|(existing, _)| existing == key) {
            Some((_, existing)) => value.clone_into(existing),
            None => tags.push((key.to_owned(), value.to_owned())),
        }
    }
    if tags.len() > MOST {
        return Err(error("TagLimitExceeded", format!("More than {MOST} tags on resource {id}")));
    }
    Ok(())
}

/// Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them; users may not.
pub(crate) fn check_reserved(input: &Value) -> Result<(), AwsError> {
    let specified = input.list("TagSpecifications").iter().flat_map(|specification| specification.list("Tags"));
    let reserved = |tag: &Value| tag.required("Key").to_ascii_lowercase().starts_with("aws:");
    if input.list("Tags").iter().chain(specified).any(reserved) {
        return Err(invalid_parameter("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    Ok(())
}

/// `TagSpecifications` of a create request, for the resource types that it makes. Others are refused.
pub(crate) fn specified<'a>(input: &'a Value, types: &[&str]) -> Result<Vec<(&'a str, &'a [Value])>, AwsError> {
    let mut specified = Vec::new();
    for specification in input.list("TagSpecifications") {
        let kind = specification.required("ResourceType");
        if !types.contains(&kind) {
            return Err(invalid_parameter(format!("'{kind}' is not a valid taggable resource type for this operation.")));
        }
        if specified.iter().any(|(existing, _)| *existing == kind) {
            return Err(invalid_parameter(format!("'TagSpecifications' names the resource type '{kind}' twice.")));
        }
        let tags = specification.list("Tags");
        for (index, tag) in tags.iter().enumerate() {
            if tags.iter().take(index).any(|other| other.text("Key") == tag.text("Key")) {
                return Err(invalid_parameter(format!("Duplicate tag key '{}' specified.", tag.required("Key"))));
            }
        }
        specified.push((kind, tags));
    }
    Ok(specified)
}

/// Tags a new resource with what the request specifies for its type.
pub(crate) fn on_creation(records: &mut Records, input: &Value, kind: &str, id: &str) -> Result<(), AwsError> {
    for (specified, tags) in specified(input, &[kind])? {
        if specified == kind {
            set(records, id, tags)?;
        }
    }
    Ok(())
}
