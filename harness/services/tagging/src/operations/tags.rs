//! The keys that are in use, and the values of one.

use std::collections::BTreeSet;

use nightproof_core::service::Tagged;
use serde::Deserialize;
use serde_json::{Value, json};

/// `GetTagKeys`. <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetTagKeys.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetTagKeys {
    #[expect(dead_code, reason = "the first page has all")]
    pagination_token: Option<String>,
}

/// `GetTagValues`. <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetTagValues.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetTagValues {
    #[expect(dead_code, reason = "the first page has all")]
    pagination_token: Option<String>,
    pub(crate) key: String,
}

pub(crate) fn get_tag_keys(all: Vec<Tagged>) -> Value {
    let keys = |tags: Vec<(String, String)>| tags.into_iter().map(|(key, _)| key);
    json!({ "TagKeys": all.into_iter().flat_map(|one| keys(one.tags)).collect::<BTreeSet<_>>() })
}

pub(crate) fn get_tag_values(all: Vec<Tagged>, wanted: &str) -> Value {
    let tags = all.into_iter().flat_map(|one| one.tags);
    let values = tags.filter(|(key, _)| key == wanted).map(|(_, value)| value);
    json!({ "TagValues": values.collect::<BTreeSet<_>>() })
}
