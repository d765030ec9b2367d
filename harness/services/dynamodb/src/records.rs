//! What the service keeps: the tables, streams and backups of each account.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::AccountStore;
use nightproof_core::service::{AwsError, Call};
use serde_json::Value;

use crate::attribute::Item;
use crate::backup::Backup;
use crate::error::{no_resource, no_table};
use crate::schema::ItemKey;
use crate::stream::{Change, Stream};
use crate::table::{Course, Table};
use crate::table_name::TableName;

/// How long a transaction's token is remembered.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const TOKENS: SignedDuration = SignedDuration::from_mins(10);

/// The service `dynamodb`.
#[derive(Debug, Default)]
pub struct DynamoDb(AccountStore<Account>);

/// The service `dynamodbstreams`, on the records of [`DynamoDb`]. Its requests are signed for `dynamodb`, and so are its permissions.
#[derive(Debug)]
pub struct DynamoDbStreams {
    pub(crate) tables: Arc<DynamoDb>,
}

impl DynamoDbStreams {
    /// The streams of these tables.
    pub fn new(tables: Arc<DynamoDb>) -> Arc<Self> {
        Arc::new(Self { tables })
    }
}

/// What an account has.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) tables: BTreeMap<String, Table>,
    /// By ARN: those of tables that are gone, too.
    pub(crate) streams: BTreeMap<String, Stream>,
    /// By ARN.
    pub(crate) backups: BTreeMap<String, Backup>,
    /// Transactions that were made, by their tokens.
    tokens: BTreeMap<String, (Timestamp, Value)>,
}

impl DynamoDb {
    /// A service without tables.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Runs `act` on what an account has at this moment.
    pub(crate) fn with<T>(&self, call: &Call, account: &str, act: impl FnOnce(&mut Account) -> T) -> T {
        self.0.with(account, |records| {
            records.pass_time(call.region.name(), call.now);
            act(records)
        })
    }

    /// Runs `act` on what an account has, without its time passing.
    pub(crate) fn look<T>(&self, account: &str, act: impl FnOnce(&Account) -> T) -> T {
        self.0.with(account, |records| act(records))
    }

    /// Runs `act` on a table whose items can be read and written.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, or that of `act`.
    pub(crate) fn with_items<T>(
        &self,
        call: &Call,
        table: &TableName,
        act: impl FnOnce(&mut Table) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with(call, &table.account, |records| records.open_table(table, call.now).and_then(act))
    }

    /// Runs `act` on a table.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, or that of `act`.
    pub(crate) fn with_table<T>(
        &self,
        call: &Call,
        given: &str,
        act: impl FnOnce(&mut Table) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let table = TableName::read(call, given);
        self.with(call, &table.account, |records| records.table(&table).and_then(act))
    }
}

impl Account {
    /// A table, whatever becomes of it.
    ///
    /// # Errors
    /// `ResourceNotFoundException`
    pub(crate) fn table(&mut self, table: &TableName) -> Result<&mut Table, AwsError> {
        let found = self.tables.get_mut(&table.name).filter(|found| found.arn == table.arn);
        found.ok_or_else(|| no_table(&table.name))
    }

    /// A table whose items can be read and written.
    ///
    /// # Errors
    /// `ResourceNotFoundException`
    pub(crate) fn open_table(&mut self, table: &TableName, now: Timestamp) -> Result<&mut Table, AwsError> {
        let found = self.tables.get_mut(&table.name).filter(|found| found.arn == table.arn && found.is_open(now));
        found.ok_or_else(no_resource)
    }

    /// Puts an item in the place of the one with its key, or removes that, and tells the table's stream; returns what was there.
    pub(crate) fn write(&mut self, table: &str, key: ItemKey, new: Option<Item>, region: &str, now: Timestamp) -> Option<Item> {
        self.write_as(table, key, new, region, now, false)
    }

    fn write_as(
        &mut self,
        table: &str,
        key: ItemKey,
        new: Option<Item>,
        region: &str,
        now: Timestamp,
        expired: bool,
    ) -> Option<Item> {
        let table = self.tables.get_mut(table)?;
        let current = table.get(&key).cloned();
        if let Some(log) = &mut table.point_in_time {
            log.note(now, &key, current.as_ref());
        }
        let stream = table.view.and(table.latest_stream.as_ref()).and_then(|(_, arn)| self.streams.get_mut(arn));
        if let Some(stream) = stream {
            stream.add(&Change { old: current.as_ref(), new: new.as_ref(), expired }, region, now);
        }
        table.replace(key, new)
    }

    /// Deletes what is over: tables that were deleted, items that have expired, old records.
    fn pass_time(&mut self, region: &str, now: Timestamp) {
        self.tables.retain(|_, table| table.course != Course::Deleted || now < table.settles);
        let expired: Vec<(String, ItemKey)> =
            self.tables.iter().flat_map(|(name, table)| table.expired(now).into_iter().map(|key| (name.clone(), key))).collect();
        for (table, key) in expired {
            self.write_as(&table, key, None, region, now, true);
        }
        self.streams.retain(|_, stream| !stream.is_over(now));
        self.streams.values_mut().for_each(|stream| stream.trim(now));
        self.backups.retain(|_, backup| !backup.is_over(now));
        self.tokens.retain(|_, (at, _)| now.duration_since(*at) < TOKENS);
    }

    /// The transaction that was made with a token.
    pub(crate) fn transaction(&self, token: &str) -> Option<&Value> {
        self.tokens.get(token).map(|(_, made)| made)
    }

    pub(crate) fn remember(&mut self, token: String, transaction: Value, now: Timestamp) {
        self.tokens.insert(token, (now, transaction));
    }
}
