//! Backups on demand: making, describing, listing and deleting them.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::continuous_backups::table_not_found;
use crate::backup::Backup;
use crate::records::DynamoDb;
use crate::table_name::TableName;

/// Backups of a page.
const PAGE: usize = 100;

/// `CreateBackup`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateBackup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateBackup {
    table_name: String,
    backup_name: String,
}

/// The input of operations that take a backup and nothing else.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OneBackup {
    backup_arn: String,
}

/// `DescribeBackup`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeBackup.html>
pub(crate) type DescribeBackup = OneBackup;

/// `DeleteBackup`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteBackup.html>
pub(crate) type DeleteBackup = OneBackup;

/// `ListBackups`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListBackups {
    table_name: Option<String>,
    limit: Option<usize>,
    time_range_lower_bound: Option<Timestamp>,
    time_range_upper_bound: Option<Timestamp>,
    exclusive_start_backup_arn: Option<String>,
    backup_type: Option<String>,
}

/// There is no such backup.
pub(crate) fn no_backup(arn: &str) -> AwsError {
    AwsError::new("BackupNotFoundException", 400, format!("Backup not found: {arn}"))
}

impl DynamoDb {
    pub(crate) fn create_backup(&self, call: &Call, input: CreateBackup) -> Result<Value, AwsError> {
        let name = TableName::read(call, &input.table_name);
        self.with(call, &name.account, |records| {
            let table = records.table(&name).map_err(|error| table_not_found(error, &name.name))?;
            table.check_settled(call.now).map_err(|error| AwsError::new("TableInUseException", 400, error.message))?;
            let backup = Backup::new(input.backup_name, table, call.now);
            let shown = json!({ "BackupDetails": backup.details(call.now) });
            records.backups.insert(backup.arn.clone(), backup);
            Ok(shown)
        })
    }

    pub(crate) fn describe_backup(&self, call: &Call, input: DescribeBackup) -> Result<Value, AwsError> {
        self.with(call, arn::account_of(&input.backup_arn), |records| {
            let backup = records.backups.get(&input.backup_arn).ok_or_else(|| no_backup(&input.backup_arn))?;
            Ok(json!({ "BackupDescription": backup.describe(call.now) }))
        })
    }

    pub(crate) fn delete_backup(&self, call: &Call, input: DeleteBackup) -> Result<Value, AwsError> {
        self.with(call, arn::account_of(&input.backup_arn), |records| {
            let backup = records.backups.get(&input.backup_arn).ok_or_else(|| no_backup(&input.backup_arn))?;
            if !backup.is_available(call.now) {
                let message = format!("Backup is being created: {}", input.backup_arn);
                return Err(AwsError::new("BackupInUseException", 400, message));
            }
            let mut shown = backup.describe(call.now);
            if let Some(status) = shown.pointer_mut("/BackupDetails/BackupStatus") {
                *status = "DELETED".into();
            }
            records.backups.remove(&input.backup_arn);
            Ok(json!({ "BackupDescription": shown }))
        })
    }

    pub(crate) fn list_backups(&self, call: &Call, input: ListBackups) -> Result<Value, AwsError> {
        let kind = input.backup_type.as_deref().unwrap_or("ALL");
        AwsError::check_enumerated("backupType", kind, &["ALL", "AWS_BACKUP", "SYSTEM", "USER"])?;
        let of_table = input.table_name.as_deref().map(|given| TableName::read(call, given));
        self.with(call, call.account(), |records| {
            let wanted = |backup: &&Backup| {
                of_table.as_ref().is_none_or(|table| backup.table.arn == table.arn)
                    && input.time_range_lower_bound.is_none_or(|bound| backup.created >= bound)
                    && input.time_range_upper_bound.is_none_or(|bound| backup.created < bound)
                    && (kind == "ALL" || backup.kind() == kind)
            };
            let mut found: Vec<&Backup> = records.backups.values().filter(wanted).collect();
            found.sort_by(|one, other| (one.created, &one.arn).cmp(&(other.created, &other.arn)));
            let begin = match &input.exclusive_start_backup_arn {
                Some(arn) => found.iter().position(|backup| backup.arn == *arn).map_or(found.len(), |at| at + 1),
                None => 0,
            };
            let size = input.limit.unwrap_or(PAGE);
            let page: Vec<&&Backup> = found.iter().skip(begin).take(size).collect();
            let mut output = Map::new();
            if let Some(last) = page.last().filter(|_| begin + size < found.len()) {
                output.insert("LastEvaluatedBackupArn".to_owned(), last.arn.as_str().into());
            }
            let summaries: Vec<Value> = page.iter().map(|backup| backup.summary(call.now)).collect();
            output.insert("BackupSummaries".to_owned(), summaries.into());
            Ok(output.into())
        })
    }
}
