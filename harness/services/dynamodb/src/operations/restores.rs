//! Tables that are made of backups, and of what a table was at a time.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Restore.Tutorial.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::document::whole_seconds;
use nightproof_core::service::{AwsError, Call, arn};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use super::backups::no_backup;
use super::continuous_backups::table_not_found;
use crate::attribute::Item;
use crate::encryption::{Encryption, SseSpecification};
use crate::error::validation;
use crate::index::check_name;
use crate::records::DynamoDb;
use crate::schema::ItemKey;
use crate::table::{Capacity, NewTable, Table};
use crate::table_name::TableName;
use crate::throughput::{Billing, ProvisionedThroughput};

/// `RestoreTableFromBackup`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RestoreTableFromBackup {
    target_table_name: String,
    backup_arn: String,
    billing_mode_override: Option<String>,
    provisioned_throughput_override: Option<ProvisionedThroughput>,
    #[serde(rename = "SSESpecificationOverride")]
    sse_specification_override: Option<SseSpecification>,
}

/// `RestoreTableToPointInTime`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RestoreTableToPointInTime {
    source_table_arn: Option<String>,
    source_table_name: Option<String>,
    target_table_name: String,
    #[serde(default)]
    use_latest_restorable_time: bool,
    restore_date_time: Option<Timestamp>,
    billing_mode_override: Option<String>,
    provisioned_throughput_override: Option<ProvisionedThroughput>,
    #[serde(rename = "SSESpecificationOverride")]
    sse_specification_override: Option<SseSpecification>,
}

/// What a table is made of.
struct Source {
    table: Table,
    items: BTreeMap<ItemKey, Item>,
    /// `RestoreSummary`
    summary: Value,
}

/// What the restored table has of its own.
struct Overrides {
    billing: Option<String>,
    provisioned: Option<ProvisionedThroughput>,
    encryption: Option<SseSpecification>,
}

impl DynamoDb {
    pub(crate) async fn restore_table_from_backup(&self, call: &Call, input: RestoreTableFromBackup) -> Result<Value, AwsError> {
        let source = self.with(call, arn::account_of(&input.backup_arn), |records| {
            let backup = records.backups.get(&input.backup_arn).ok_or_else(|| no_backup(&input.backup_arn))?;
            if !backup.is_available(call.now) {
                let message = format!("Backup is being created: {}", input.backup_arn);
                return Err(AwsError::new("BackupInUseException", 400, message));
            }
            let summary = json!({
                "SourceBackupArn": backup.arn,
                "SourceTableArn": backup.table.arn,
                "RestoreDateTime": whole_seconds(backup.created).to_string(),
                "RestoreInProgress": true,
            });
            Ok(Source { table: backup.table.clone(), items: backup.table.items().clone(), summary })
        })?;
        let overrides = Overrides {
            billing: input.billing_mode_override,
            provisioned: input.provisioned_throughput_override,
            encryption: input.sse_specification_override,
        };
        self.restore(call, source, &input.target_table_name, overrides).await
    }

    pub(crate) async fn restore_table_to_point_in_time(
        &self,
        call: &Call,
        input: RestoreTableToPointInTime,
    ) -> Result<Value, AwsError> {
        let Some(given) = input.source_table_arn.as_deref().or(input.source_table_name.as_deref()) else {
            return Err(validation("One of SourceTableName or SourceTableArn must be specified"));
        };
        let name = TableName::read(call, given);
        let source = self.with(call, &name.account, |records| {
            let table = records.table(&name).map_err(|error| table_not_found(error, &name.name))?;
            let Some(log) = &table.point_in_time else {
                let message = format!("Point in time recovery is not enabled for table '{}'", name.name);
                return Err(AwsError::new("PointInTimeRecoveryUnavailableException", 400, message));
            };
            let (earliest, latest) = log.bounds(call.now);
            let time = match (input.restore_date_time, input.use_latest_restorable_time) {
                (None, true) => latest,
                (Some(time), false) if (earliest..=latest).contains(&time) => time,
                (Some(_), false) => {
                    let message = "An invalid restore time was specified. RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime.";
                    return Err(AwsError::new("InvalidRestoreTimeException", 400, message));
                }
                _ => return Err(validation("One of UseLatestRestorableTime or RestoreDateTime must be specified")),
            };
            let summary = json!({
                "SourceTableArn": table.arn,
                "RestoreDateTime": time.to_string(),
                "RestoreInProgress": true,
            });
            let items = log.items_at(time, table.items());
            Ok(Source { table: table.clone(), items, summary })
        })?;
        let overrides = Overrides {
            billing: input.billing_mode_override,
            provisioned: input.provisioned_throughput_override,
            encryption: input.sse_specification_override,
        };
        self.restore(call, source, &input.target_table_name, overrides).await
    }

    /// Makes a table. It has neither the tags, nor the stream, the time to live and the protection of the other one.
    async fn restore(&self, call: &Call, source: Source, target: &str, overrides: Overrides) -> Result<Value, AwsError> {
        let name = TableName::read(call, target);
        check_name("TableName", &name.name)?;
        let before = source.table;
        let billing = match overrides.billing.as_deref() {
            Some(mode) => Billing::read(Some(mode))?,
            None => before.capacity.billing,
        };
        let kept = before.capacity.provisioned.filter(|_| billing == Billing::Provisioned);
        let provisioned = billing.checked(overrides.provisioned.or(kept), None)?;
        let mut indexes = before.indexes;
        for capacity in indexes.iter_mut().filter_map(|index| index.global.as_mut()) {
            capacity.settles = call.now + crate::table::SETTLES;
            capacity.provisioned = capacity.provisioned.or(provisioned).filter(|_| billing == Billing::Provisioned);
        }
        let encryption = match &overrides.encryption {
            Some(given) => Encryption::read(call, &name, Some(given)).await?,
            None => match &before.encryption {
                Some(encryption) => {
                    let same = SseSpecification::with_key(encryption.key());
                    Encryption::read(call, &name, Some(&same)).await?
                }
                None => None,
            },
        };
        let mut table = Table::new(
            NewTable {
                name: name.name.clone(),
                arn: name.arn.clone(),
                defined: before.defined,
                keys: before.keys,
                indexes,
                capacity: Capacity {
                    billing,
                    on_demand_since: (billing == Billing::PayPerRequest).then_some(call.now),
                    provisioned,
                    on_demand: before.capacity.on_demand,
                    warm: None,
                },
                view: None,
                encryption,
                class: before.class,
                is_protected: false,
                tags: Tags::default(),
            },
            call.now,
        );
        table.restored = Some(source.summary);
        for (key, item) in source.items {
            table.replace(key, Some(item));
        }
        table.count_now(call.now);
        self.with(call, &name.account, |records| {
            if records.tables.contains_key(&name.name) {
                let message = format!("Table already exists: {}", name.name);
                return Err(AwsError::new("TableAlreadyExistsException", 400, message));
            }
            Ok(json!({ "TableDescription": records.add(call, table).describe(call.now, true) }))
        })
    }
}
