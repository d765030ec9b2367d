//! Streams of tables: what was written to items, for 24 hours, in one shard.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::whole_seconds;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::attribute::{Item, item_size, show_item};
use crate::error::invalid_parameters;
use crate::schema::KeySchema;

/// How long records are kept, and a stream that was disabled.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What each record has of its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    KeysOnly,
    NewImage,
    OldImage,
    NewAndOldImages,
}

/// `StreamSpecification`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StreamSpecification {
    stream_enabled: bool,
    stream_view_type: Option<String>,
}

/// A stream.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) arn: String,
    pub(crate) label: String,
    pub(crate) table: String,
    pub(crate) view: View,
    pub(crate) shard: String,
    keys: KeySchema,
    created: Timestamp,
    /// When it ended.
    pub(crate) disabled: Option<Timestamp>,
    records: VecDeque<Record>,
    /// The number of the next record.
    pub(crate) next: u64,
}

#[derive(Debug, Clone)]
struct Record {
    number: u64,
    at: Timestamp,
    document: Value,
}

/// What was written to an item.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) old: Option<&'a Item>,
    pub(crate) new: Option<&'a Item>,
    /// Whether DynamoDB itself deleted an item whose time to live was over.
    pub(crate) expired: bool,
}

impl View {
    const NAMES: [&'static str; 4] = ["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KeysOnly => "KEYS_ONLY",
            Self::NewImage => "NEW_IMAGE",
            Self::OldImage => "OLD_IMAGE",
            Self::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }
}

impl StreamSpecification {
    /// What the table's stream is to have; `None` if it is to have no stream.
    ///
    /// # Errors
    /// A view without a stream, or the other way around.
    pub(crate) fn view(&self) -> Result<Option<View>, AwsError> {
        match (self.stream_enabled, self.stream_view_type.as_deref()) {
            (false, None) => Ok(None),
            (false, Some(_)) => Err(invalid_parameters("StreamViewType should not be specified when StreamEnabled is false")),
            (true, None) => Err(invalid_parameters("StreamViewType must be specified when StreamEnabled is true")),
            (true, Some(name)) => {
                AwsError::check_enumerated("streamSpecification.streamViewType", name, &View::NAMES)?;
                Ok(Some(match name {
                    "KEYS_ONLY" => View::KeysOnly,
                    "NEW_IMAGE" => View::NewImage,
                    "OLD_IMAGE" => View::OldImage,
                    _ => View::NewAndOldImages,
                }))
            }
        }
    }
}

/// The sequence number of a record: texts of one length, which are in the records' order.
pub(crate) fn sequence_number(number: u64) -> String {
    format!("1{:020}", u128::from(number) * 100 + 51)
}

impl Stream {
    /// A stream of a table with this ARN, which begins at this moment.
    pub(crate) fn new(table: &str, table_arn: &str, keys: &KeySchema, view: View, now: Timestamp) -> Self {
        let label = now.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string();
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self {
            arn: format!("{table_arn}/stream/{label}"),
            label,
            table: table.to_owned(),
            view,
            shard: format!("shardId-{:020}-{}", now.as_millisecond(), random.get(..8).unwrap_or_default()),
            keys: keys.clone(),
            created: now,
            disabled: None,
            records: VecDeque::new(),
            next: 0,
        }
    }

    /// Whether nothing is left of a stream that was disabled.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.disabled.is_some_and(|disabled| now.duration_since(disabled) >= KEPT)
    }

    /// Adds what was written, unless it changed nothing.
    pub(crate) fn add(&mut self, change: &Change<'_>, region: &str, now: Timestamp) {
        let name = match (change.old, change.new) {
            (None, None) => return,
            (Some(old), Some(new)) if old == new => return,
            (None, Some(_)) => "INSERT",
            (Some(_), Some(_)) => "MODIFY",
            (Some(_), None) => "REMOVE",
        };
        let keys = self.keys.select(change.new.or(change.old).unwrap_or(&Item::new()));
        let new = change.new.filter(|_| matches!(self.view, View::NewImage | View::NewAndOldImages));
        let old = change.old.filter(|_| matches!(self.view, View::OldImage | View::NewAndOldImages));
        let size = item_size(&keys) + new.map_or(0, item_size) + old.map_or(0, item_size);
        let mut record = Map::new();
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        put("ApproximateCreationDateTime", whole_seconds(now).to_string().into());
        put("Keys", show_item(&keys));
        if let Some(image) = new {
            put("NewImage", show_item(image));
        }
        if let Some(image) = old {
            put("OldImage", show_item(image));
        }
        put("SequenceNumber", sequence_number(self.next).into());
        put("SizeBytes", size.into());
        put("StreamViewType", self.view.name().into());
        let mut document = json!({
            "eventID": uuid::Uuid::new_v4().simple().to_string(),
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": region,
            "dynamodb": record,
        });
        if let (true, Some(members)) = (change.expired, document.as_object_mut()) {
            // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
            let identity = json!({ "Type": "Service", "PrincipalId": "dynamodb.amazonaws.com" });
            members.insert("userIdentity".to_owned(), identity);
        }
        self.records.push_back(Record { number: self.next, at: now, document });
        self.next += 1;
    }

    /// Forgets records that are too old.
    pub(crate) fn trim(&mut self, now: Timestamp) {
        while self.records.front().is_some_and(|record| now.duration_since(record.at) >= KEPT) {
            self.records.pop_front();
        }
    }

    /// The number of the oldest record that is left, or of the next one.
    pub(crate) fn oldest(&self) -> u64 {
        self.records.front().map_or(self.next, |record| record.number)
    }

    /// At most `limit` records from a number on, and the number behind them.
    pub(crate) fn read(&self, from: u64, limit: usize) -> (Vec<Value>, u64) {
        let found: Vec<&Record> = self.records.iter().filter(|record| record.number >= from).take(limit).collect();
        let next = found.last().map_or(from, |record| record.number + 1);
        (found.into_iter().map(|record| record.document.clone()).collect(), next)
    }

    /// `StreamDescription`, without shards if `shards` is false.
    pub(crate) fn describe(&self, shards: bool) -> Value {
        let mut range = json!({ "StartingSequenceNumber": sequence_number(0) });
        if let (Some(_), Some(members)) = (self.disabled, range.as_object_mut()) {
            members.insert("EndingSequenceNumber".to_owned(), sequence_number(self.next).into());
        }
        let shard = json!({ "ShardId": self.shard, "SequenceNumberRange": range });
        json!({
            "StreamArn": self.arn,
            "StreamLabel": self.label,
            "StreamStatus": if self.disabled.is_some() { "DISABLED" } else { "ENABLED" },
            "StreamViewType": self.view.name(),
            "CreationRequestDateTime": whole_seconds(self.created).to_string(),
            "TableName": self.table,
            "KeySchema": self.keys.show(),
            "Shards": if shards { vec![shard] } else { Vec::new() },
        })
    }
}
