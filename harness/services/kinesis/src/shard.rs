//! Shards: ranges of hash keys whose records are in order.
//! <https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#shard>

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::data_record::{DataRecord, NewRecord};
use crate::hash_key::HashRange;
use crate::sequence_number::SequenceNumber;

/// Records and bytes that a shard takes in a second.
/// <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>
const RECORDS_PER_SECOND: usize = 1000;
const BYTES_PER_SECOND: usize = 1 << 20;

/// A shard of a stream.
#[derive(Debug)]
pub(crate) struct Shard {
    /// From 0, in the order in which the stream's shards were opened.
    pub(crate) number: u32,
    pub(crate) range: HashRange,
    /// The shards that it was made of: none, the one that was split, or the two that were merged.
    pub(crate) parents: Vec<String>,
    pub(crate) opened: Timestamp,
    /// When it was closed, if it takes no records any more.
    pub(crate) closed: Option<Timestamp>,
    pub(crate) records: VecDeque<DataRecord>,
    /// How many records it was ever given.
    written: u64,
    this_second: Throughput,
}

/// What was written in one second.
#[derive(Debug, Default)]
struct Throughput {
    second: i64,
    records: usize,
    bytes: usize,
}

/// Where a reader stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) sequence_number: SequenceNumber,
    /// Whether a record with this number is still to be read.
    pub(crate) inclusive: bool,
}

impl Shard {
    pub(crate) fn new(number: u32, range: HashRange, parents: Vec<String>, now: Timestamp) -> Self {
        Self {
            number,
            range,
            parents,
            opened: now,
            closed: None,
            records: VecDeque::new(),
            written: 0,
            this_second: Throughput::default(),
        }
    }

    /// `shardId-000000000000`
    pub(crate) fn id(&self) -> String {
        format!("shardId-{:012}", self.number)
    }

    pub(crate) fn first_number(&self) -> SequenceNumber {
        SequenceNumber::first(self.opened, self.number)
    }

    fn last_number(&self, closed: Timestamp) -> SequenceNumber {
        SequenceNumber::last(self.opened, self.number, closed)
    }

    /// Whether a sequence number can be one of this shard.
    pub(crate) fn may_have(&self, number: &SequenceNumber) -> bool {
        *number >= self.first_number() && *number <= self.last_number(self.closed.unwrap_or(Timestamp::MAX))
    }

    /// The shape `Shard`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Shard.html>
    pub(crate) fn describe(&self) -> Value {
        let mut numbers = json!({ "StartingSequenceNumber": self.first_number().to_string() });
        if let (Some(closed), Some(members)) = (self.closed, numbers.as_object_mut()) {
            members.insert("EndingSequenceNumber".to_owned(), self.last_number(closed).to_string().into());
        }
        let mut described =
            json!({ "ShardId": self.id(), "HashKeyRange": self.range.describe(), "SequenceNumberRange": numbers });
        if let Some(members) = described.as_object_mut() {
            for (name, parent) in ["ParentShardId", "AdjacentParentShardId"].into_iter().zip(&self.parents) {
                members.insert(name.to_owned(), parent.as_str().into());
            }
        }
        described
    }

    /// The shape `ChildShard`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ChildShard.html>
    pub(crate) fn describe_as_child(&self) -> Value {
        json!({ "ShardId": self.id(), "ParentShards": self.parents, "HashKeyRange": self.range.describe() })
    }

    /// Takes a record, and returns its number; `None` if the shard has taken as much as it does within this second.
    pub(crate) fn put(&mut self, content: NewRecord, now: Timestamp) -> Option<SequenceNumber> {
        let bytes = content.data_size() + content.partition_key.len();
        if self.this_second.second != now.as_second() {
            self.this_second = Throughput { second: now.as_second(), ..Throughput::default() };
        }
        let taken = &mut self.this_second;
        // One record may be larger than that.
        let too_much = taken.bytes > 0 && taken.bytes + bytes > BYTES_PER_SECOND;
        if taken.records >= RECORDS_PER_SECOND || too_much {
            return None;
        }
        (taken.records, taken.bytes) = (taken.records + 1, taken.bytes + bytes);
        self.written += 1;
        let sequence_number = SequenceNumber::new(self.opened, self.number, self.written, now);
        let arrived = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        self.records.push_back(DataRecord { sequence_number: sequence_number.clone(), arrived, content });
        Some(sequence_number)
    }

    /// Forgets the records that are older than `retention`.
    pub(crate) fn trim(&mut self, retention: SignedDuration, now: Timestamp) {
        while self.records.front().is_some_and(|record| now.duration_since(record.arrived) > retention) {
            self.records.pop_front();
        }
    }

    /// The records from a position on.
    pub(crate) fn records_from(&self, position: &Position) -> impl Iterator<Item = &DataRecord> {
        let passed = self.records.partition_point(|record| match position.inclusive {
            true => record.sequence_number < position.sequence_number,
            false => record.sequence_number <= position.sequence_number,
        });
        self.records.iter().skip(passed)
    }

    /// Before the oldest record.
    pub(crate) fn horizon(&self) -> Position {
        Position { sequence_number: self.first_number(), inclusive: true }
    }

    /// After the newest record.
    pub(crate) fn tip(&self) -> Position {
        let sequence_number = match self.closed {
            Some(closed) => self.last_number(closed),
            None => self.records.back().map_or_else(|| self.newest_number(), |record| record.sequence_number.clone()),
        };
        Position { sequence_number, inclusive: false }
    }

    /// As good as the number of the last record that was trimmed.
    fn newest_number(&self) -> SequenceNumber {
        SequenceNumber::new(self.opened, self.number, self.written, Timestamp::MAX)
    }

    /// Before the first record that arrived at `time` or later.
    pub(crate) fn at(&self, time: Timestamp) -> Position {
        let first = self.records.iter().find(|record| record.arrived >= time);
        first.map_or_else(|| self.tip(), |record| Position { sequence_number: record.sequence_number.clone(), inclusive: true })
    }

    /// Whether it was open at a time.
    pub(crate) fn was_open_at(&self, time: Timestamp) -> bool {
        self.opened <= time && self.closed.is_none_or(|closed| closed >= time)
    }
}
