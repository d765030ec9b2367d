//! Quotas of the account.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::records::DynamoDb;

/// `DescribeLimits`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeLimits.html>
#[derive(Debug, Deserialize)]
pub(crate) struct DescribeLimits {}

impl DynamoDb {
    /// Those of a new account.
    pub(crate) fn describe_limits(&self, _call: &Call, _input: DescribeLimits) -> Result<Value, AwsError> {
        Ok(json!({
            "AccountMaxReadCapacityUnits": 80_000,
            "AccountMaxWriteCapacityUnits": 80_000,
            "TableMaxReadCapacityUnits": 40_000,
            "TableMaxWriteCapacityUnits": 40_000,
        }))
    }
}
