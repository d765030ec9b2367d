//! Event source mappings: queues and streams whose messages and records Lambda hands to a function.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>

use jiff::Timestamp;
use nightproof_core::tags::Tags;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::stream::{Checkpoints, StreamSettings};

/// The last result of a mapping that has done nothing yet.
pub(crate) const NOTHING_PROCESSED: &str = "No records processed";

/// A mapping as it is kept.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub uuid: String,
    pub arn: String,
    /// The function's, with the version or alias if it was given.
    pub function_arn: String,
    pub source_arn: String,
    pub settings: MappingSettings,
    pub state: &'static str,
    pub modified: Timestamp,
    pub tags: Tags,
    /// What came of the last batch of a stream.
    pub last_result: String,
    /// How far the shards of a stream have been read.
    pub checkpoints: Checkpoints,
    /// Ends the polling of the present settings.
    pub polling: CancellationToken,
}

/// What of a mapping can be changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MappingSettings {
    pub enabled: bool,
    pub batch_size: u64,
    /// Seconds.
    pub window: u64,
    /// Patterns of Event Ruler, one of which a message must match.
    pub filters: Option<Vec<String>>,
    pub response_types: Vec<String>,
    pub maximum_concurrency: Option<u64>,
    /// What only a mapping of a stream has.
    pub stream: Option<StreamSettings>,
}

impl Mapping {
    /// The shape `EventSourceMappingConfiguration`.
    pub(crate) fn describe(&self) -> Value {
        let settings = &self.settings;
        let mut made = json!({
            "UUID": self.uuid, "EventSourceMappingArn": self.arn, "FunctionArn": self.function_arn, "EventSourceArn": self.source_arn,
            "BatchSize": settings.batch_size, "MaximumBatchingWindowInSeconds": settings.window,
            "FunctionResponseTypes": settings.response_types, "State": self.state, "StateTransitionReason": "USER_INITIATED",
            "LastModified": self.modified.to_string(),
        });
        if let Some(filters) = settings.filters.as_ref().filter(|filters| !filters.is_empty()) {
            let filters: Vec<Value> = filters.iter().map(|pattern| json!({ "Pattern": pattern })).collect();
            made["FilterCriteria"] = json!({ "Filters": filters });
        }
        if let Some(most) = settings.maximum_concurrency {
            made["ScalingConfig"] = json!({ "MaximumConcurrency": most });
        }
        if let (Some(stream), Some(members)) = (&settings.stream, made.as_object_mut()) {
            members.insert("StateTransitionReason".to_owned(), "User action".into());
            members.insert("LastProcessingResult".to_owned(), self.last_result.as_str().into());
            members.extend(stream.describe().as_object().cloned().unwrap_or_default());
        }
        made
    }

    /// What it is when it has come to rest.
    pub(crate) fn settled(&self) -> &'static str {
        if self.settings.enabled { "Enabled" } else { "Disabled" }
    }
}
