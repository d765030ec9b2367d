//! Log streams.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Map, Value, json};

use super::log_group::{arn, page};
use super::{Logs, invalid, no_stream, text};

/// Where an event stands in its stream: by its own time, then by arrival.
pub(super) type Position = (i64, u64);

/// A stream's record.
#[derive(Debug, Clone)]
pub(super) struct LogStream {
    created: Timestamp,
    pub(super) events: BTreeMap<Position, LogEvent>,
    pub(super) arrivals: u64,
    pub(super) last_ingestion: Option<Timestamp>,
}

/// One event; its time is in its position.
#[derive(Debug, Clone)]
pub(super) struct LogEvent {
    pub(super) message: String,
    pub(super) ingested: Timestamp,
}

/// Bytes that an event costs beside its message.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
pub(super) const EVENT_OVERHEAD: usize = 26;

impl LogStream {
    pub(super) fn bytes(&self) -> usize {
        self.events.values().map(|event| event.message.len() + EVENT_OVERHEAD).sum()
    }

    fn last_event(&self) -> Option<i64> {
        self.events.keys().next_back().map(|(time, _)| *time)
    }

    fn describe(&self, call: &Call, group: &str, name: &str) -> Value {
        let mut output = Map::new();
        output.insert("logStreamName".to_owned(), json!(name));
        output.insert("creationTime".to_owned(), json!(self.created.as_millisecond()));
        output.insert("arn".to_owned(), json!(format!("{}:log-stream:{name}", arn(call, group))));
        // AWS has answered 0 for streams since 2019; the group's is right.
        output.insert("storedBytes".to_owned(), json!(0));
        if let Some((first, _)) = self.events.keys().next() {
            output.insert("firstEventTimestamp".to_owned(), json!(first));
        }
        if let Some(last) = self.last_event() {
            output.insert("lastEventTimestamp".to_owned(), json!(last));
        }
        if let Some(time) = self.last_ingestion {
            output.insert("lastIngestionTime".to_owned(), json!(time.as_millisecond()));
            output.insert("uploadSequenceToken".to_owned(), json!(super::ingestion::SEQUENCE_TOKEN));
        }
        Value::Object(output)
    }
}

impl Logs {
    pub(super) fn create_log_stream(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = text(input, "logStreamName").unwrap_or_default().to_owned();
        if name.contains([':', '*']) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{name}' at 'logStreamName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [^:*]*"
            )));
        }
        self.group(call, input, |group| {
            if group.streams.contains_key(&name) {
                return Err(AwsError::new("ResourceAlreadyExistsException", 400, "The specified log stream already exists"));
            }
            let stream = LogStream { created: call.now, events: BTreeMap::new(), arrivals: 0, last_ingestion: None };
            group.streams.insert(name, stream);
            Ok(json!({}))
        })
    }

    pub(super) fn delete_log_stream(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let name = text(input, "logStreamName").unwrap_or_default();
        self.group(call, input, |group| group.streams.remove(name).map(|_| json!({})).ok_or_else(no_stream))
    }

    pub(super) fn describe_log_streams(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let prefix = text(input, "logStreamNamePrefix");
        let by_time = text(input, "orderBy") == Some("LastEventTime");
        if by_time && prefix.is_some() {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        let mut found: Vec<(i64, Value)> = self.group(call, input, |group| {
            let wanted = group.streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
            Ok(wanted
                .map(|(name, stream)| (stream.last_event().unwrap_or_default(), stream.describe(call, &group.name, name)))
                .collect())
        })?;
        if by_time {
            found.sort_by_key(|(time, _)| *time);
        }
        if input.get("descending") == Some(&Value::Bool(true)) {
            found.reverse();
        }
        page(found.into_iter().map(|(_, stream)| stream).collect(), "logStreams", input)
    }
}
