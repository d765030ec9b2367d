//! The records of an account: log groups with their streams and events.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::AccountStore;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde_json::{Map, Value, json};

use crate::error::{invalid, no_group};
use crate::metric_filter::MetricFilter;
use crate::query_record::QueryRecords;
use crate::resource_policy::ResourcePolicies;
use crate::subscription::SubscriptionFilter;

/// Groups of one account by name.
pub(crate) type Groups = BTreeMap<String, LogGroup>;

/// The service `logs`.
#[derive(Debug, Default)]
pub struct Logs {
    pub(crate) accounts: AccountStore<Groups>,
    pub(crate) policies: AccountStore<ResourcePolicies>,
    pub(crate) queries: AccountStore<QueryRecords>,
}

impl Logs {
    /// A service without log groups.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(crate) fn groups<T>(&self, call: &Call, act: impl FnOnce(&mut Groups) -> T) -> T {
        self.accounts.with(call.account(), act)
    }

    /// Runs `act` on the group of this name.
    pub(crate) fn group<T>(
        &self,
        call: &Call,
        name: &str,
        act: impl FnOnce(&mut LogGroup) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.groups(call, |groups| groups.get_mut(name).ok_or_else(no_group).and_then(act))
    }
}

/// The name of the group that a request has by `logGroupName`, or by `logGroupIdentifier` (a name or an ARN).
pub(crate) fn group_name(call: &Call, name: Option<String>, identifier: Option<String>) -> Result<String, AwsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => name_in(call, &identifier).ok_or_else(no_group),
        (Some(_), Some(_)) => {
            let message = "LogGroup name and LogGroup ARN are mutually exclusive parameters.";
            Err(AwsError::new("ValidationException", 400, message))
        }
        (None, None) => Err(invalid("Specify either logGroupName or logGroupIdentifier, and not both.")),
    }
}

/// A group's record.
#[derive(Debug, Clone)]
pub(crate) struct LogGroup {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) retention_days: Option<i64>,
    pub(crate) kms_key: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) streams: BTreeMap<String, LogStream>,
    /// By name.
    pub(crate) metric_filters: BTreeMap<String, MetricFilter>,
    /// By name.
    pub(crate) subscription_filters: BTreeMap<String, SubscriptionFilter>,
}

impl LogGroup {
    /// Of all groups: the others are refused.
    pub(crate) const CLASS: &'static str = "STANDARD";

    /// Events before this moment have expired, in milliseconds.
    pub(crate) fn horizon(&self, now: Timestamp) -> i64 {
        self.retention_days.map_or(i64::MIN, |days| {
            now.as_millisecond().saturating_sub(SignedDuration::from_hours(24 * days).as_millis().try_into().unwrap_or(i64::MAX))
        })
    }

    pub(crate) fn describe(&self, call: &Call) -> Value {
        let arn = arn(call, &self.name);
        let bytes: usize = self.streams.values().map(LogStream::bytes).sum();
        let mut output = json!({
            "logGroupName": self.name,
            "creationTime": self.created.as_millisecond(),
            "metricFilterCount": self.metric_filters.len(),
            "arn": format!("{arn}:*"),
            "logGroupArn": arn,
            "storedBytes": bytes,
            "logGroupClass": Self::CLASS,
            "deletionProtectionEnabled": false,
        });
        if let Some(output) = output.as_object_mut() {
            if let Some(days) = self.retention_days {
                output.insert("retentionInDays".to_owned(), json!(days));
            }
            if let Some(key) = &self.kms_key {
                output.insert("kmsKeyId".to_owned(), json!(key));
            }
        }
        output
    }
}

/// The group's ARN, without the `:*` that some members add.
pub(crate) fn arn(call: &Call, name: &str) -> String {
    call.arn("logs", format!("log-group:{name}"))
}

/// Where an event stands in its stream: by its own time, then by arrival.
pub(crate) type Position = (i64, u64);

/// A position as event ids and tokens have it.
pub(crate) fn digits((time, arrival): Position) -> String {
    format!("{:020}{arrival:036}", time.max(0))
}

/// A stream's record.
#[derive(Debug, Clone)]
pub(crate) struct LogStream {
    pub(crate) created: Timestamp,
    pub(crate) events: BTreeMap<Position, LogEvent>,
    pub(crate) arrivals: u64,
    pub(crate) last_ingestion: Option<Timestamp>,
}

/// One event; its time is in its position.
#[derive(Debug, Clone)]
pub(crate) struct LogEvent {
    pub(crate) message: String,
    pub(crate) ingested: Timestamp,
}

/// Tokens are no longer checked; AWS still returns one.
pub(crate) const SEQUENCE_TOKEN: &str = "49039859655512876600000000000000000000000000000000000000";

/// Bytes that an event costs beside its message.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
pub(crate) const EVENT_OVERHEAD: usize = 26;

impl LogStream {
    pub(crate) fn bytes(&self) -> usize {
        self.events.values().map(|event| event.message.len() + EVENT_OVERHEAD).sum()
    }

    pub(crate) fn last_event(&self) -> Option<i64> {
        self.events.keys().next_back().map(|(time, _)| *time)
    }

    pub(crate) fn describe(&self, call: &Call, group: &str, name: &str) -> Value {
        let mut output = Map::new();
        output.insert("logStreamName".to_owned(), json!(name));
        output.insert("creationTime".to_owned(), json!(self.created.as_millisecond()));
        output.insert("arn".to_owned(), json!(format!("{}:log-stream:{name}", arn(call, group))));
        // AWS has returned 0 for streams since 2019; the group's is right.
        output.insert("storedBytes".to_owned(), json!(0));
        if let Some((first, _)) = self.events.keys().next() {
            output.insert("firstEventTimestamp".to_owned(), json!(first));
        }
        if let Some(last) = self.last_event() {
            output.insert("lastEventTimestamp".to_owned(), json!(last));
        }
        if let Some(time) = self.last_ingestion {
            output.insert("lastIngestionTime".to_owned(), json!(time.as_millisecond()));
            output.insert("uploadSequenceToken".to_owned(), json!(SEQUENCE_TOKEN));
        }
        Value::Object(output)
    }
}

/// The group's name in `arn:aws:logs:<region>:<account>:log-group:<name>[:*]`, or the name itself.
pub(crate) fn name_in(call: &Call, identifier: &str) -> Option<String> {
    if !identifier.starts_with("arn:") {
        return Some(identifier.to_owned());
    }
    let prefix = call.arn("logs", "log-group:");
    let name = identifier.strip_prefix(&prefix)?;
    Some(name.strip_suffix(":*").unwrap_or(name).to_owned())
}
