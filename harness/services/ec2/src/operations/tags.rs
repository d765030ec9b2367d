//! Tags. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::not_found;
use crate::filter::{Filter, filtered, page};
use crate::records::Records;
use crate::request_tags::{self, Tag};

/// `CreateTags`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateTags {
    #[serde(default)]
    dry_run: bool,
    resources: Vec<String>,
    tags: Vec<Tag>,
}

pub(crate) fn create(records: &mut Records, input: &CreateTags) -> Result<Value, AwsError> {
    let tags = &input.tags;
    for id in &input.resources {
        if !records.exists(id) {
            return Err(not_found(id));
        }
    }
    for id in &input.resources {
        request_tags::set(records, id, tags)?;
    }
    Ok(json!({}))
}

/// `DeleteTags`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteTags {
    #[serde(default)]
    dry_run: bool,
    resources: Vec<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// A tag without a value goes whatever its value; a tag with one only if the value is that. No tags: all that are not AWS's.
pub(crate) fn delete(records: &mut Records, input: &DeleteTags) -> Result<Value, AwsError> {
    let given = &input.tags;
    for id in &input.resources {
        if !records.exists(id) {
            return Err(not_found(id));
        }
    }
    for id in &input.resources {
        if let Some(tags) = records.tags.get_mut(id) {
            tags.retain(|(key, value)| {
                let named = given.iter().any(|tag| tag.key == *key && tag.value.as_ref().is_none_or(|text| text == value));
                if given.is_empty() { key.starts_with("aws:") } else { !named }
            });
        }
    }
    Ok(json!({}))
}

/// `DescribeTags`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeTags {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(crate) fn describe(records: &Records, input: &DescribeTags) -> Result<Value, AwsError> {
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
    page("Tags", filtered(all, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

fn resource_type(id: &str) -> &'static str {
    match id.split_once('-').map_or("", |(kind, _)| kind) {
        "vpc" => "vpc",
        "subnet" => "subnet",
        "sg" => "security-group",
        "sgr" => "security-group-rule",
        "igw" => "internet-gateway",
        "acl" => "network-acl",
        "nat" => "natgateway",
        "vpce" => "vpc-endpoint",
        "rtb" => "route-table",
        "eipalloc" => "elastic-ip",
        "i" => "instance",
        "lt" => "launch-template",
        "vol" => "volume",
        "eni" => "network-interface",
        _ => "unknown",
    }
}

requests! {
    CreateTags { dry_run, tags },
    DeleteTags { dry_run, tags },
    DescribeTags { dry_run },
}
