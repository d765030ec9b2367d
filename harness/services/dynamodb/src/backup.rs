//! Backups of tables on demand.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html>

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::table::{SETTLES, Table};

/// How long the last backup of a table is kept that could be restored to any time when it was deleted.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html>
const KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

/// A backup: its table as it was.
#[derive(Debug, Clone)]
pub(crate) struct Backup {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) table: Table,
    /// When a backup that DynamoDB made by itself is deleted.
    expires: Option<Timestamp>,
}

impl Backup {
    /// A backup of a table at this moment.
    pub(crate) fn new(name: String, table: &Table, now: Timestamp) -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        let id = format!("{:014}-{}", now.as_millisecond(), random.get(..8).unwrap_or_default());
        Self { arn: format!("{}/backup/{id}", table.arn), name, created: now, table: table.clone(), expires: None }
    }

    /// The backup that DynamoDB makes of a table when it is deleted.
    pub(crate) fn of_deleted(table: &Table, now: Timestamp) -> Self {
        Self { expires: Some(now + KEPT), ..Self::new(format!("{}$DeletedTableBackup", table.name), table, now) }
    }

    /// `BackupType`
    pub(crate) fn kind(&self) -> &'static str {
        if self.expires.is_some() { "SYSTEM" } else { "USER" }
    }

    /// Whether it is kept no longer.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether it can be restored.
    pub(crate) fn is_available(&self, now: Timestamp) -> bool {
        now.duration_since(self.created) >= SETTLES
    }

    /// `BackupDetails`
    pub(crate) fn details(&self, now: Timestamp) -> Value {
        let mut details = json!({
            "BackupArn": self.arn,
            "BackupName": self.name,
            "BackupSizeBytes": self.table.size().1,
            "BackupStatus": if self.is_available(now) { "AVAILABLE" } else { "CREATING" },
            "BackupType": self.kind(),
            "BackupCreationDateTime": self.created.to_string(),
        });
        if let (Some(expires), Some(members)) = (self.expires, details.as_object_mut()) {
            members.insert("BackupExpiryDateTime".to_owned(), expires.to_string().into());
        }
        details
    }

    /// `BackupSummary`
    pub(crate) fn summary(&self, now: Timestamp) -> Value {
        let mut summary = self.details(now);
        if let Some(members) = summary.as_object_mut() {
            members.insert("TableName".to_owned(), self.table.name.as_str().into());
            members.insert("TableId".to_owned(), self.table.id.as_str().into());
            members.insert("TableArn".to_owned(), self.table.arn.as_str().into());
        }
        summary
    }

    /// `BackupDescription`
    pub(crate) fn describe(&self, now: Timestamp) -> Value {
        let table = &self.table;
        let mut features = Map::new();
        for (member, global) in [("LocalSecondaryIndexes", false), ("GlobalSecondaryIndexes", true)] {
            let of_kind = table.indexes.iter().filter(|index| index.global.is_some() == global);
            let indexes: Vec<Value> = of_kind.map(crate::index::Index::describe_in_backup).collect();
            if !indexes.is_empty() {
                features.insert(member.to_owned(), indexes.into());
            }
        }
        if let Some(view) = table.view {
            let stream = json!({ "StreamEnabled": true, "StreamViewType": view.name() });
            features.insert("StreamDescription".to_owned(), stream);
        }
        if let Some(attribute) = &table.time_to_live {
            let described = json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": attribute });
            features.insert("TimeToLiveDescription".to_owned(), described);
        }
        if let Some(encryption) = &table.encryption {
            features.insert("SSEDescription".to_owned(), encryption.describe());
        }
        json!({
            "BackupDetails": self.details(now),
            "SourceTableDetails": table.describe_in_backup(),
            "SourceTableFeatureDetails": features,
        })
    }
}
