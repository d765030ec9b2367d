//! Key pairs: there are none.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::error;
use crate::filter::{Filter, filtered};
use crate::records::Records;

/// `DescribeKeyPairs`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeKeyPairs {
    #[serde(default)]
    key_names: Vec<String>,
    #[serde(default)]
    key_pair_ids: Vec<String>,
    #[expect(dead_code, reason = "there are no key pairs")]
    include_public_key: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe(_: &Records, input: &DescribeKeyPairs) -> Result<Value, AwsError> {
    match input.key_names.first().or(input.key_pair_ids.first()) {
        Some(name) => Err(error("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))),
        None => filtered(Vec::new(), &input.filters, &[("key-name", "KeyName")]).map(|none| json!({ "KeyPairs": none })),
    }
}

requests! {
    DescribeKeyPairs { dry_run },
}
