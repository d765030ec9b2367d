//! Queries that were run, and what they found.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::insights::Row;

/// Queries of an account whose results are kept, and for how long.
const KEPT: usize = 200;
const AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A query that has ended.
#[derive(Debug, Clone)]
pub(crate) struct QueryRecord {
    pub(crate) id: String,
    /// With its groups and times.
    pub(crate) text: String,
    pub(crate) groups: Vec<String>,
    pub(crate) created: Timestamp,
    pub(crate) rows: Vec<Row>,
    pub(crate) matched: usize,
    pub(crate) scanned: usize,
    /// Of the messages that were looked at.
    pub(crate) bytes: usize,
}

/// The queries of an account, in the order in which they were started.
#[derive(Debug, Default)]
pub(crate) struct QueryRecords(VecDeque<QueryRecord>);

impl QueryRecords {
    pub(crate) fn add(&mut self, record: QueryRecord) {
        while self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    /// Those whose results have not expired.
    pub(crate) fn all(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &QueryRecord> {
        self.0.iter().filter(move |query| now.duration_since(query.created) <= AGE)
    }

    pub(crate) fn find(&self, id: &str, now: Timestamp) -> Option<&QueryRecord> {
        self.all(now).find(|query| query.id == id)
    }
}

impl QueryRecord {
    pub(crate) const STATUS: &str = "Complete";

    pub(crate) fn describe(&self) -> Value {
        json!({
            "queryLanguage": "CWLI",
            "queryId": self.id,
            "queryString": self.text,
            "status": Self::STATUS,
            "createTime": self.created.as_millisecond(),
            "logGroupName": self.groups.first(),
        })
    }

    pub(crate) fn results(&self) -> Value {
        let field = |(name, value): &(String, String)| json!({ "field": name, "value": value });
        let rows: Vec<Value> = self.rows.iter().map(|row| row.iter().map(field).collect::<Vec<_>>().into()).collect();
        #[expect(clippy::cast_precision_loss, reason = "far fewer events are kept")]
        let (matched, scanned, bytes) = (self.matched as f64, self.scanned as f64, self.bytes as f64);
        json!({
            "queryLanguage": "CWLI",
            "results": rows,
            "statistics": { "recordsMatched": matched, "recordsScanned": scanned, "bytesScanned": bytes },
            "status": Self::STATUS,
        })
    }
}
