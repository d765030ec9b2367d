//! The time to live of items. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tables::OneTable;
use crate::error::validation;
use crate::records::DynamoDb;

/// `DescribeTimeToLive`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html>
pub(crate) type DescribeTimeToLive = OneTable;

/// `UpdateTimeToLive`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateTimeToLive {
    table_name: String,
    time_to_live_specification: TimeToLiveSpecification,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLiveSpecification {
    enabled: bool,
    attribute_name: String,
}

impl DynamoDb {
    pub(crate) fn update_time_to_live(&self, call: &Call, input: UpdateTimeToLive) -> Result<Value, AwsError> {
        let TimeToLiveSpecification { enabled, attribute_name } = input.time_to_live_specification;
        self.with_table(call, &input.table_name, |table| {
            table.check_settled(call.now)?;
            match &table.time_to_live {
                Some(_) if enabled => return Err(validation("TimeToLive is already enabled")),
                Some(attribute) if *attribute != attribute_name => {
                    let message =
                        format!("TimeToLive is active on a different AttributeName: current AttributeName is {attribute}");
                    return Err(validation(message));
                }
                None if !enabled => return Err(validation("TimeToLive is already disabled")),
                _ => {}
            }
            table.time_to_live = enabled.then(|| attribute_name.clone());
            Ok(json!({ "TimeToLiveSpecification": { "Enabled": enabled, "AttributeName": attribute_name } }))
        })
    }

    pub(crate) fn describe_time_to_live(&self, call: &Call, input: DescribeTimeToLive) -> Result<Value, AwsError> {
        self.with_table(call, &input.table_name, |table| {
            Ok(json!({ "TimeToLiveDescription": match &table.time_to_live {
                Some(attribute) => json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": attribute }),
                None => json!({ "TimeToLiveStatus": "DISABLED" }),
            } }))
        })
    }
}
