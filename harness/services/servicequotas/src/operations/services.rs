//! The services that have quotas.

use nightproof_core::page::page;
use nightproof_core::quota;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::operations::quotas::{PAGE, invalid_token};

/// `ListServices`. <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServices.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListServices {
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(crate) fn list(input: &ListServices) -> Result<Value, AwsError> {
    let described = |(code, name): (&str, &str)| json!({ "ServiceCode": code, "ServiceName": name });
    let found = quota::SERVICES.into_iter().map(described).collect();
    page("Services", found, input.next_token.as_deref(), input.max_results.unwrap_or(PAGE), invalid_token)
}
