//! Tags. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::error::{error, invalid_parameter, not_found};
use super::filter::{filtered, page};
use super::records::Records;

const MOST: usize = 50;

/// Sets `given` on the resource `id`.
fn set(records: &mut Records, id: &str, given: &[Value]) -> Result<(), AwsError> {
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
pub(super) fn check_reserved(input: &Value) -> Result<(), AwsError> {
    let specified = input.list("TagSpecifications").iter().flat_map(|specification| specification.list("Tags"));
    let reserved = |tag: &Value| tag.required("Key").to_ascii_lowercase().starts_with("aws:");
    if input.list("Tags").iter().chain(specified).any(reserved) {
        return Err(invalid_parameter("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    Ok(())
}

/// `TagSpecifications` of a create request, for the resource types that it makes. Others are refused.
pub(super) fn specified<'a>(input: &'a Value, types: &[&str]) -> Result<Vec<(&'a str, &'a [Value])>, AwsError> {
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
pub(super) fn on_creation(records: &mut Records, input: &Value, kind: &str, id: &str) -> Result<(), AwsError> {
    for (specified, tags) in specified(input, &[kind])? {
        if specified == kind {
            set(records, id, tags)?;
        }
    }
    Ok(())
}

/// Tags a new resource with tags that have been picked from the specifications.
pub(super) fn put(records: &mut Records, id: &str, tags: &[Value]) -> Result<(), AwsError> {
    set(records, id, tags)
}

pub(super) fn create(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let tags = input.list("Tags");
    for id in input.texts("Resources") {
        if !records.exists(id) {
            return Err(not_found(id));
        }
    }
    for id in input.texts("Resources") {
        set(records, id, tags)?;
    }
    Ok(json!({}))
}

/// A tag without a value goes whatever its value; a tag with one only if the value is that. No tags: all that are not AWS's.
pub(super) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let given = input.list("Tags");
    for id in input.texts("Resources") {
        if !records.exists(id) {
            return Err(not_found(id));
        }
    }
    for id in input.texts("Resources") {
        if let Some(tags) = records.tags.get_mut(id) {
            tags.retain(|(key, value)| {
                let named =
                    given.iter().any(|tag| tag.text("Key") == Some(key) && tag.text("Value").is_none_or(|text| text == value));
                if given.is_empty() { key.starts_with("aws:") } else { !named }
            });
        }
    }
    Ok(json!({}))
}

pub(super) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let all = records
        .tags
        .iter()
        .flat_map(|(id, tags)| {
            tags.iter().map(
                move |(key, value)| json!({ "ResourceId": id, "ResourceType": resource_type(id), "Key": key, "Value": value }),
            )
        })
        .collect();
    let paths = &[("key", "Key"), ("value", "Value"), ("resource-id", "ResourceId"), ("resource-type", "ResourceType")];
    page("Tags", filtered(all, input, paths)?, input)
}

fn resource_type(id: &str) -> &'static str {
    match id.split_once('-').map_or("", |(kind, _)| kind) {
        "vpc" => "vpc",
        "subnet" => "subnet",
        "sg" => "security-group",
        "sgr" => "security-group-rule",
        "igw" => "internet-gateway",
        "rtb" => "route-table",
        "eipalloc" => "elastic-ip",
        "i" => "instance",
        "vol" => "volume",
        "eni" => "network-interface",
        _ => "unknown",
    }
}
