//! Tags. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::not_found;
use crate::filter::{filtered, page};
use crate::records::Records;
use crate::request_tags;

pub(crate) fn create(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let tags = input.list("Tags");
    for id in input.texts("Resources") {
        if !records.exists(id) {
            return Err(not_found(id));
        }
    }
    for id in input.texts("Resources") {
        request_tags::set(records, id, tags)?;
    }
    Ok(json!({}))
}

/// A tag without a value goes whatever its value; a tag with one only if the value is that. No tags: all that are not AWS's.
pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
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

pub(crate) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
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
        "nat" => "natgateway",
        "rtb" => "route-table",
        "eipalloc" => "elastic-ip",
        "i" => "instance",
        "vol" => "volume",
        "eni" => "network-interface",
        _ => "unknown",
    }
}
