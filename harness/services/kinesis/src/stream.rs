//! Streams, as they are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::whole_seconds;
use nightproof_core::service::AwsError;
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::change::Change;
use crate::consumer::Consumer;
use crate::error::{in_use, not_found};
use crate::hash_key::HashRange;
use crate::sequence_number::SequenceNumber;
use crate::shard::Shard;
use crate::stream_name::StreamName;

/// Shards of a new stream that has its capacity on demand.
const SHARDS_ON_DEMAND: u32 = 4;
/// Hours.
pub(crate) const LEAST_RETENTION: i64 = 24;
/// KiB of a record's data.
pub(crate) const DEFAULT_RECORD_SIZE: u32 = 1024;

/// Who decides how many shards a stream has.
/// <https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The caller: this many to begin with.
    Provisioned(u32),
    OnDemand,
}

impl Mode {
    /// `PROVISIONED` or `ON_DEMAND`
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Provisioned(_) => "PROVISIONED",
            Self::OnDemand => "ON_DEMAND",
        }
    }

    pub(crate) fn shards(self) -> u32 {
        match self {
            Self::Provisioned(count) => count,
            Self::OnDemand => SHARDS_ON_DEMAND,
        }
    }
}

/// A stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) name: StreamName,
    pub(crate) arn: String,
    pub(crate) created: Timestamp,
    pub(crate) mode: Mode,
    /// In the order in which they were opened.
    pub(crate) shards: Vec<Shard>,
    /// The number of the next shard.
    next_shard: u32,
    /// Hours.
    pub(crate) retention: i64,
    /// KiB.
    pub(crate) record_size: u32,
    /// The key that encrypts it, as the caller named it.
    pub(crate) key: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) policy: Option<PolicyDocument>,
    /// By name.
    pub(crate) consumers: BTreeMap<String, Consumer>,
    change: Option<Change>,
}

impl Stream {
    pub(crate) fn new(name: StreamName, arn: String, mode: Mode, now: Timestamp) -> Self {
        let mut stream = Self {
            name,
            arn,
            created: now,
            mode,
            shards: Vec::new(),
            next_shard: 0,
            retention: LEAST_RETENTION,
            record_size: DEFAULT_RECORD_SIZE,
            key: None,
            tags: Tags::default(),
            policy: None,
            consumers: BTreeMap::new(),
            change: None,
        };
        for range in HashRange::uniform(mode.shards()) {
            stream.open(range, Vec::new(), now);
        }
        stream.begin("CREATING", now);
        stream
    }

    /// `CREATING`, `ACTIVE`, `UPDATING` or `DELETING`
    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        self.change.filter(|change| now < change.until).map_or("ACTIVE", |change| change.status)
    }

    /// Has the stream be of this status for a while.
    pub(crate) fn begin(&mut self, status: &'static str, now: Timestamp) {
        self.change = Some(Change::new(status, now));
    }

    /// Whether it is deleted to the end.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.change.is_some_and(|change| change.status == "DELETING" && now >= change.until)
    }

    /// Forgets records, and closed shards, that are older than the stream keeps them, and consumers that are gone.
    pub(crate) fn trim(&mut self, now: Timestamp) {
        let retention = SignedDuration::from_hours(self.retention);
        for shard in &mut self.shards {
            shard.trim(retention, now);
        }
        self.shards.retain(|shard| shard.closed.is_none_or(|closed| now.duration_since(closed) <= retention));
        self.consumers.retain(|_, consumer| !consumer.is_gone(now));
    }

    /// # Errors
    /// `ResourceInUseException` while it changes.
    pub(crate) fn require_active(&self, now: Timestamp) -> Result<(), AwsError> {
        match self.status(now) {
            "ACTIVE" => Ok(()),
            status => Err(in_use(format!("{} not ACTIVE, instead in state {status}", self.name.label()))),
        }
    }

    /// # Errors
    /// `ResourceNotFoundException` before it is whole, and once it is deleted: it has no records then.
    pub(crate) fn require_data(&self, now: Timestamp) -> Result<(), AwsError> {
        match self.status(now) {
            "ACTIVE" | "UPDATING" => Ok(()),
            _ => Err(self.name.missing()),
        }
    }

    /// Opens a shard.
    pub(crate) fn open(&mut self, range: HashRange, parents: Vec<String>, now: Timestamp) {
        self.shards.push(Shard::new(self.next_shard, range, parents, now));
        self.next_shard += 1;
    }

    pub(crate) fn open_shards(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(|shard| shard.closed.is_none())
    }

    /// # Errors
    /// `ResourceNotFoundException`
    pub(crate) fn shard(&self, id: &str) -> Result<&Shard, AwsError> {
        self.shards.iter().find(|shard| shard.id() == id).ok_or_else(|| self.no_shard(id))
    }

    /// # Errors
    /// `ResourceNotFoundException`
    pub(crate) fn shard_mut(&mut self, id: &str) -> Result<&mut Shard, AwsError> {
        let missing = self.no_shard(id);
        self.shards.iter_mut().find(|shard| shard.id() == id).ok_or(missing)
    }

    fn no_shard(&self, id: &str) -> AwsError {
        not_found(format!("Could not find shard {id} in {}.", self.name.place()))
    }

    /// The shards that a shard was split or merged into.
    pub(crate) fn children(&self, id: &str) -> Vec<Value> {
        let children = self.shards.iter().filter(|shard| shard.parents.iter().any(|parent| parent == id));
        children.map(Shard::describe_as_child).collect()
    }

    /// Puts a record into the shard of its hash key. The shard, and the record's number; `None` in its place if the shard takes no more now.
    pub(crate) fn put(
        &mut self,
        key: u128,
        record: crate::data_record::NewRecord,
        now: Timestamp,
    ) -> Option<(String, Option<SequenceNumber>)> {
        let shard = self.shards.iter_mut().find(|shard| shard.closed.is_none() && shard.range.contains(key))?;
        Some((shard.id(), shard.put(record, now)))
    }

    fn members(&self, now: Timestamp) -> Value {
        json!({
            "StreamName": self.name.name, "StreamARN": self.arn, "StreamStatus": self.status(now),
            "StreamModeDetails": { "StreamMode": self.mode.name() }, "StreamCreationTimestamp": whole_seconds(self.created).to_string(),
        })
    }

    /// What descriptions have in common.
    fn describe_settings(&self, now: Timestamp) -> Value {
        let mut described = self.members(now);
        if let Some(members) = described.as_object_mut() {
            members.insert("RetentionPeriodHours".to_owned(), self.retention.into());
            members.insert("EnhancedMonitoring".to_owned(), json!([{ "ShardLevelMetrics": [] }]));
            members.insert("EncryptionType".to_owned(), if self.key.is_some() { "KMS" } else { "NONE" }.into());
            if let Some(key) = &self.key {
                members.insert("KeyId".to_owned(), key.as_str().into());
            }
        }
        described
    }

    /// The shape `StreamDescription`, with a page of its shards.
    /// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescription.html>
    pub(crate) fn describe(&self, shards: Vec<Value>, has_more: bool, now: Timestamp) -> Value {
        let mut described = self.describe_settings(now);
        if let Some(members) = described.as_object_mut() {
            members.insert("Shards".to_owned(), shards.into());
            members.insert("HasMoreShards".to_owned(), has_more.into());
        }
        described
    }

    /// The shape `StreamDescriptionSummary`.
    /// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html>
    pub(crate) fn summarize(&self, now: Timestamp) -> Value {
        let mut described = self.describe_settings(now);
        if let Some(members) = described.as_object_mut() {
            members.insert("OpenShardCount".to_owned(), self.open_shards().count().into());
            members.insert("ConsumerCount".to_owned(), self.consumers.len().into());
            members.insert("MaxRecordSizeInKiB".to_owned(), self.record_size.into());
        }
        described
    }

    /// The shape `StreamSummary`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamSummary.html>
    pub(crate) fn list_item(&self, now: Timestamp) -> Value {
        self.members(now)
    }
}

/// A data key that records are under, as its ciphertext.
pub(crate) type DataKey = Option<Arc<str>>;
