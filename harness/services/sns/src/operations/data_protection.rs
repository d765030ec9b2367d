//! Data protection policies of topics.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::invalid;
use crate::records::Sns;

/// `PutDataProtectionPolicy`. <https://docs.aws.amazon.com/sns/latest/api/API_PutDataProtectionPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutDataProtectionPolicy {
    resource_arn: String,
    data_protection_policy: String,
}

/// `GetDataProtectionPolicy`. <https://docs.aws.amazon.com/sns/latest/api/API_GetDataProtectionPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetDataProtectionPolicy {
    resource_arn: String,
}

/// A policy; an empty text is none.
pub(crate) fn read(policy: String) -> Result<Option<String>, AwsError> {
    match serde_json::from_str::<Value>(&policy) {
        _ if policy.is_empty() => Ok(None),
        Ok(Value::Object(_)) => Ok(Some(policy)),
        _ => Err(invalid("DataProtectionPolicy")),
    }
}

impl Sns {
    /// A record: publishing to a topic that has one is refused as not done here, since what it lets through is not known.
    pub(crate) fn put_data_protection_policy(&self, _call: &Call, input: PutDataProtectionPolicy) -> Result<Value, AwsError> {
        let policy = read(input.data_protection_policy)?;
        self.topic(&input.resource_arn, |topic| {
            topic.data_protection = policy;
            Ok(json!({}))
        })
    }

    pub(crate) fn get_data_protection_policy(&self, _call: &Call, input: GetDataProtectionPolicy) -> Result<Value, AwsError> {
        self.topic(&input.resource_arn, |topic| {
            Ok(json!({ "DataProtectionPolicy": topic.data_protection.clone().unwrap_or_default() }))
        })
    }
}
