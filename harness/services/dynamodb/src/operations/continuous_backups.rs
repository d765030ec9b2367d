//! Continuous backups, of which point-in-time recovery is made.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tables::OneTable;
use crate::error::{no_table, validation};
use crate::point_in_time::{MOST_DAYS, PointInTime};
use crate::records::DynamoDb;

/// `DescribeContinuousBackups`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html>
pub(crate) type DescribeContinuousBackups = OneTable;

/// `UpdateContinuousBackups`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateContinuousBackups {
    table_name: String,
    point_in_time_recovery_specification: Specification,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Specification {
    point_in_time_recovery_enabled: bool,
    recovery_period_in_days: Option<i64>,
}

/// The error of operations on backups for a table that there is not.
pub(crate) fn table_not_found(error: AwsError, name: &str) -> AwsError {
    if error == no_table(name) {
        return AwsError::new("TableNotFoundException", 400, format!("Table not found: {name}"));
    }
    error
}

impl DynamoDb {
    pub(crate) fn update_continuous_backups(&self, call: &Call, input: UpdateContinuousBackups) -> Result<Value, AwsError> {
        let Specification { point_in_time_recovery_enabled: enabled, recovery_period_in_days: days } =
            input.point_in_time_recovery_specification;
        if days.is_some() && !enabled {
            return Err(validation("RecoveryPeriodInDays can only be specified when PointInTimeRecoveryEnabled is true"));
        }
        let name = input.table_name.clone();
        let changed = self.with_table(call, &input.table_name, |table| {
            if let Err(error) = table.check_settled(call.now) {
                return Err(AwsError::new("ContinuousBackupsUnavailableException", 400, error.message));
            }
            table.point_in_time = match (enabled, table.point_in_time.take()) {
                (false, _) => None,
                (true, Some(mut kept)) => {
                    kept.days = days.unwrap_or(kept.days);
                    Some(kept)
                }
                (true, None) => Some(PointInTime::new(call.now, days.unwrap_or(MOST_DAYS))),
            };
            Ok(json!({ "ContinuousBackupsDescription": PointInTime::describe(table.point_in_time.as_ref(), call.now) }))
        });
        changed.map_err(|error| table_not_found(error, &name))
    }

    pub(crate) fn describe_continuous_backups(&self, call: &Call, input: DescribeContinuousBackups) -> Result<Value, AwsError> {
        let described = self.with_table(call, &input.table_name, |table| {
            Ok(json!({ "ContinuousBackupsDescription": PointInTime::describe(table.point_in_time.as_ref(), call.now) }))
        });
        described.map_err(|error| table_not_found(error, &input.table_name))
    }
}
