//! The operations of both APIs by name, and what other services ask of the records.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::request_tags::{TagResource, UntagResource};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::backups::{CreateBackup, DeleteBackup, DescribeBackup, ListBackups};
use crate::operations::batches::{BatchGetItem, BatchWriteItem};
use crate::operations::continuous_backups::{DescribeContinuousBackups, UpdateContinuousBackups};
use crate::operations::items::{DeleteItem, GetItem, PutItem, UpdateItem};
use crate::operations::limits::DescribeLimits;
use crate::operations::queries::{Query, Scan};
use crate::operations::restores::{RestoreTableFromBackup, RestoreTableToPointInTime};
use crate::operations::streams::{DescribeStream, GetRecords, GetShardIterator, ListStreams};
use crate::operations::table_update::UpdateTable;
use crate::operations::tables::{CreateTable, DeleteTable, DescribeTable, ListTables};
use crate::operations::tags::ListTagsOfResource;
use crate::operations::time_to_live::{DescribeTimeToLive, UpdateTimeToLive};
use crate::operations::transactions::{TransactGetItems, TransactWriteItems};
use crate::records::{DynamoDb, DynamoDbStreams};

// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>. Operations on items ask by themselves
// (`access.rs`).
operations!("dynamodb", DynamoDb:
    BatchGetItem => batch_get_item.await: ["- *"],
    BatchWriteItem => batch_write_item.await: ["- *"],
    CreateBackup => create_backup: ["= @table"],
    CreateTable => create_table.await: ["= @table", "dynamodb:TagResource @table ?Tags"],
    DeleteBackup => delete_backup: ["= {BackupArn}"],
    DeleteItem => delete_item.await: ["- *"],
    DeleteTable => delete_table: ["= @table"],
    DescribeBackup => describe_backup: ["= {BackupArn}"],
    DescribeContinuousBackups => describe_continuous_backups: ["= @table"],
    DescribeLimits => describe_limits: ["= *"],
    DescribeTable => describe_table: ["= @table"],
    DescribeTimeToLive => describe_time_to_live: ["= @table"],
    GetItem => get_item.await: ["- *"],
    ListBackups => list_backups: ["= *"],
    ListTables => list_tables: ["= *"],
    ListTagsOfResource => list_tags_of_resource: ["= {ResourceArn}"],
    PutItem => put_item.await: ["- *"],
    Query => query.await: ["- *"],
    RestoreTableFromBackup => restore_table_from_backup.await: [
        "= {BackupArn}",
        "= @target",
        "dynamodb:BatchWriteItem @target",
        "dynamodb:DeleteItem @target",
        "dynamodb:GetItem @target",
        "dynamodb:PutItem @target",
        "dynamodb:Query @target",
        "dynamodb:Scan @target",
        "dynamodb:UpdateItem @target"
    ],
    RestoreTableToPointInTime => restore_table_to_point_in_time.await: [
        "= @source",
        "= @target",
        "dynamodb:BatchWriteItem @target",
        "dynamodb:DeleteItem @target",
        "dynamodb:GetItem @target",
        "dynamodb:PutItem @target",
        "dynamodb:Query @target",
        "dynamodb:Scan @target",
        "dynamodb:UpdateItem @target"
    ],
    Scan => scan.await: ["- *"],
    TagResource => tag_resource: ["= {ResourceArn}"],
    TransactGetItems => transact_get_items.await: ["- *"],
    TransactWriteItems => transact_write_items.await: ["- *"],
    UntagResource => untag_resource: ["= {ResourceArn}"],
    UpdateContinuousBackups => update_continuous_backups: ["= @table"],
    UpdateItem => update_item.await: ["- *"],
    UpdateTable => update_table.await: ["= @table"],
    UpdateTimeToLive => update_time_to_live: ["= @table"],
);

#[async_trait]
impl Service for DynamoDb {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        Self::named(call, kind, input)
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags(arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.with(call, call.account(), |records| {
            records.tables.values().map(|table| Tagged { arn: table.arn.clone(), tags: table.tags.pairs() }).collect()
        })
    }
}

operations!("dynamodbstreams", DynamoDbStreams:
    DescribeStream => describe_stream: ["dynamodb:DescribeStream {StreamArn}"],
    GetRecords => get_records: ["dynamodb:GetRecords @iterator"],
    GetShardIterator => get_shard_iterator: ["dynamodb:GetShardIterator {StreamArn}"],
    ListStreams => list_streams: ["dynamodb:ListStreams *"],
);

#[async_trait]
impl Service for DynamoDbStreams {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        DynamoDb::named(call, kind, input)
    }
}
